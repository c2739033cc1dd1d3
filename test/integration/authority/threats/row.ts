/** One row of the table of threats: an input and its expected outcome, written out. */
export interface Row {
  /** The number in the threat model, such as `T16a`. */
  readonly threat: string;
  /** The input, in words. */
  readonly input: string;
  /** Produces the outcome. */
  readonly outcome: () => Promise<unknown>;
  readonly right: unknown;
}

/** One row for each of several inputs. */
export const each = <T>(inputs: readonly T[], row: (input: T) => Row): readonly Row[] =>
  inputs.map(row);
