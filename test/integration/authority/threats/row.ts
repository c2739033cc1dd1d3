/** One row of the table of threats: an input, and what is right there, written out. */
export interface Row {
  /** Its number in the threat model, `T16a`. */
  readonly threat: string;
  /** The input, in words. */
  readonly input: string;
  /** What becomes of it. */
  readonly outcome: () => Promise<unknown>;
  readonly right: unknown;
}

/** The same outcome for several inputs. */
export const each = <T>(inputs: readonly T[], row: (input: T) => Row): readonly Row[] =>
  inputs.map(row);
