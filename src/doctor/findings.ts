import type { ProblemCode } from "../core/domain/problem.ts";
import type { ServiceError } from "../core/errors.ts";

/** In the order of the report. */
export type CheckGroupId =
  | "settings"
  | "docker"
  | "cloudflare"
  | "tunnel"
  | "zero-trust"
  | "authentik"
  | "login"
  | "routes"
  | "notifications";

export type CheckResult = "pass" | "warn" | "fail" | "skip";

/** The result of one check. */
export interface DoctorCheck {
  /**
   * Public interface: the same in every version. Several checks share an id if several routes have
   * the same problem.
   */
  readonly id: string;
  /** What is checked, in a few words. */
  readonly title: string;
  readonly result: CheckResult;
  /** What was found, in one sentence. */
  readonly detail?: string | undefined;
  readonly code?: ProblemCode | undefined;
  /** Imperatives, at most two: the second is an alternative. */
  readonly fixes?: readonly string[] | undefined;
  /** For a skipped check: what it depends on. */
  readonly needs?: Requirement | undefined;
  /** True for an entry of a list, such as a permission: only its title is shown. */
  readonly listed?: boolean;
  /** Where a label problem is. */
  readonly hostname?: string | undefined;
  readonly container?: string | undefined;
  readonly label?: string | undefined;
}

/** A check or a group: its id, and its title for people. */
export interface Requirement {
  readonly id: string;
  readonly title: string;
}

/** The results of one group. */
export interface Findings {
  /** The group's line: the one fact that matters. */
  readonly headline: string;
  readonly checks: readonly DoctorCheck[];
  /**
   * Groups that cannot be checked, and what is missing. Groups that depend on them are skipped as
   * well.
   */
  readonly blockedGroups?: Readonly<Partial<Record<CheckGroupId, Requirement>>> | undefined;
}

export interface CheckResults extends Findings {
  readonly id: CheckGroupId;
  readonly title: string;
  readonly result: CheckResult;
}

export interface Diagnosis {
  readonly groups: readonly CheckResults[];
}

const FAILURES: readonly CheckResult[] = ["fail", "warn"];

/** The worst result; `skip` if all checks were skipped. */
export function resultOf(checks: readonly Pick<DoctorCheck, "result">[]): CheckResult {
  const worst = FAILURES.find((result) => checks.some((check) => check.result === result));
  return (
    worst ??
    (checks.length > 0 && checks.every(({ result }) => result === "skip") ? "skip" : "pass")
  );
}

export const failedCheck = ({ result }: Pick<DoctorCheck, "result">): boolean =>
  FAILURES.includes(result);

/** A service error as a failed check. */
export const checkFrom = (
  error: ServiceError,
  { id, title }: Requirement,
  result: CheckResult = "fail",
): DoctorCheck => ({
  id,
  title,
  result,
  detail: error.message,
  code: error.code,
  fixes: [error.fix],
});

export const passedCheck = (id: string, title: string, detail?: string): DoctorCheck => ({
  id,
  title,
  result: "pass",
  detail,
});

/** The first few names, and how many more there are. */
export function firstFew(names: readonly string[], most = 5): string {
  const left = names.length - most;
  return left > 0 ? `${names.slice(0, most).join(", ")} and ${left} more` : names.join(", ");
}
