import type { ProblemCode } from "../../../src/core/domain/problem.ts";

/** What cfauth says, as a person reads it. */
export interface Said {
  readonly code: ProblemCode;
  readonly message: string;
  readonly fix: string;
}

/** What docs/troubleshooting.md says of one code. Markdown. */
export interface Entry {
  /** cfauth's own words, got by running what says them: nothing here is copied. Absent where only `cfauth doctor` tells of it. */
  readonly says?: () => readonly Said[] | Promise<readonly Said[]>;
  /** What is so, in a sentence or two. */
  readonly so: string;
  /** Why cfauth does not simply go on; of a warning, how it does. */
  readonly why: string;
  /** A warning, or something that only `cfauth doctor` minds. */
  readonly goesOn?: true;
  /** What to do: paragraphs, lists, or something to copy. */
  readonly mend: readonly string[];
  /** What becomes of routes meanwhile. */
  readonly effect: string;
}

/** Of a fault in a label. */
export const SHUT_OR_KEPT =
  "The route is not opened. One that is open behind a login stays as it was; one that is open to anyone is shut, unless its labels still say `access: public`.";

/** Of a fault that might have meant any route of the container. */
export const ALL_SHUT_OR_KEPT =
  "No route of the container is opened. Those that are open behind a login stay as they were; those that are open to anyone are shut, unless their labels still say `access: public`.";

/** Of a neighbour that is away or refuses. */
export const AS_IT_WAS =
  "Nothing is changed and nothing is torn down. What is open stays open, what is not yet open waits.";

export const yaml = (...lines: readonly string[]): string =>
  ["```yaml", ...lines, "```"].join("\n");

export const sh = (...lines: readonly string[]): string => ["```sh", ...lines, "```"].join("\n");
