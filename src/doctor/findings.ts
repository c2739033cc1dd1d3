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

/** One thing that was looked at. */
export interface DoctorCheck {
  /** Public interface: the same in every version. Several have one id where several routes have one problem. */
  readonly id: string;
  /** What is looked at, in a few words. */
  readonly title: string;
  readonly result: CheckResult;
  /** What was found, in one sentence. */
  readonly detail?: string | undefined;
  readonly code?: ProblemCode | undefined;
  /** Imperatives, at most two: the second is another way to the same end. */
  readonly fixes?: readonly string[] | undefined;
  /** Of a skipped one: what had to be known first. */
  readonly needs?: Requirement | undefined;
  /** One of a list of its like, as permissions are: shown by its title alone. */
  readonly listed?: boolean;
  /** What a problem of labels is about. */
  readonly hostname?: string | undefined;
  readonly container?: string | undefined;
  readonly label?: string | undefined;
}

/** A check or a group, by its id, and as people are told of it. */
export interface Requirement {
  readonly id: string;
  readonly title: string;
}

/** What came out of looking at one group. */
export interface Findings {
  /** The one fact that matters: the group's line. */
  readonly headline: string;
  readonly checks: readonly DoctorCheck[];
  /** Groups that cannot be looked at, and for want of what. Those that need these are not looked at either. */
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

const BAD: readonly CheckResult[] = ["fail", "warn"];

/** The worst of its checks; skipped where all of them were. */
export function resultOf(checks: readonly Pick<DoctorCheck, "result">[]): CheckResult {
  const worst = BAD.find((result) => checks.some((check) => check.result === result));
  return (
    worst ??
    (checks.length > 0 && checks.every(({ result }) => result === "skip") ? "skip" : "pass")
  );
}

export const failedCheck = ({ result }: Pick<DoctorCheck, "result">): boolean =>
  BAD.includes(result);

/** A fault of the world that a look met. */
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

/** The first few, and how many more there are. */
export function firstFew(names: readonly string[], most = 5): string {
  const left = names.length - most;
  return left > 0 ? `${names.slice(0, most).join(", ")} and ${left} more` : names.join(", ");
}
