import type { ProblemCode } from "../../../src/core/domain/problem.ts";

/** A problem or service error as cfauth shows it to a person. */
export interface ShownProblem {
  readonly code: ProblemCode;
  readonly message: string;
  readonly fix: string;
}

/** What docs/troubleshooting.md says about one code. Markdown. */
export interface Entry {
  /** A few words for the index, without a period. */
  readonly title: string;
  /**
   * cfauth's own words. The code that says them runs here, so nothing is copied.
   * Absent for codes that only `cfauth doctor` reports.
   */
  readonly messages?: () => readonly ShownProblem[] | Promise<readonly ShownProblem[]>;
  /** What is wrong, in a sentence or two. */
  readonly meaning: string;
  /** Why cfauth stops; for a warning, how it goes on. */
  readonly reason: string;
  /** A warning, or something that only `cfauth doctor` reports. */
  readonly warning?: true;
  /** What to do: paragraphs, lists, or text to copy. */
  readonly solution: readonly string[];
  /** What happens to routes meanwhile. */
  readonly effect: string;
}

/** The effect of a wrong label. */
export const ROUTE_CLOSED_OR_KEPT =
  "The route does not open. If it is already open behind a login, it stays as it is. If it is open to anyone, it closes unless its labels still say `access: public`.";

/** The effect of a wrong label that may have been meant for any route of the container. */
export const ALL_ROUTES_CLOSED_OR_KEPT =
  "No route of the container opens. Routes that are already open behind a login stay as they are. Routes that are open to anyone close unless their labels still say `access: public`.";

/** The effect of a service that is unreachable or rejects cfauth. */
export const NOTHING_CHANGES =
  "Nothing is changed or removed. Open routes stay open; new routes wait.";

export const yaml = (...lines: readonly string[]): string =>
  ["```yaml", ...lines, "```"].join("\n");

export const sh = (...lines: readonly string[]): string => ["```sh", ...lines, "```"].join("\n");
