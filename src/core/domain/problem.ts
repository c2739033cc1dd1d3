import type { RouteKey } from "./route.ts";

/**
 * Every problem code. They are public interface: never reused, never renamed. Each is a heading in
 * docs/troubleshooting.md.
 */
export const PROBLEM_CODES = [
  "CFA-LABEL-UNKNOWN",
  "CFA-LABEL-VALUE",
  "CFA-LABEL-NO-HOSTNAME",
  "CFA-LABEL-CLASH",
  "CFA-LIMIT",
  "CFA-HOST-NO-ZONE",
  "CFA-HOST-TOO-DEEP",
  "CFA-HOST-TAKEN",
  "CFA-HOST-SHARE",
  "CFA-PORT-MANY",
  "CFA-PORT-NONE",
  "CFA-IMAGE-LABEL",
  "CFA-IMAGE-UNKNOWN",
  "CFA-NETWORK-MISSING",
  "CFA-NAME-AMBIGUOUS",
  "CFA-SERVICE-FORBIDDEN",
  "CFA-PUBLIC-FORBIDDEN",
  "CFA-GROUP-UNKNOWN",
  "CFA-GROUP-DIRECT",
  "CFA-POLICY-UNKNOWN",
  "CFA-POLICY-UNFIT",
  "CFA-TOKEN-UNKNOWN",
  "CFA-CONFLICT-DNS",
  "CFA-CONFLICT-INGRESS",
  "CFA-CONFLICT-ACCESS",
  "CFA-OWNER-SHARED",
  "CFA-LOGIN-DIFFERS",
  "CFA-AK-OWN-HOST",
  "CFA-AK-BEHIND-ACCESS",
  "CFA-AK-STRANGER",
  "CFA-AK-PLAIN-HTTP",
  "CFA-AK-UNREACHABLE",
  "CFA-AK-TOKEN",
  "CFA-AK-PERMISSION",
  "CFA-AK-NO-FLOW",
  "CFA-AK-NO-KEY",
  "CFA-AK-NOT-READY",
  "CFA-AK-REFUSED",
  "CFA-AK-TOKEN-EXPIRES",
  "CFA-AK-PUBLIC-URL",
  "CFA-AK-LOGIN-REFUSED",
  "CFA-AK-ISSUER",
  "CFA-CF-UNREACHABLE",
  "CFA-CF-TOKEN",
  "CFA-CF-PERMISSION",
  "CFA-CF-NO-ZERO-TRUST",
  "CFA-CF-RATE-LIMIT",
  "CFA-CF-REFUSED",
  "CFA-CF-ACCOUNT",
  "CFA-CF-TOKEN-EXPIRES",
  "CFA-CF-ZONE",
  "CFA-TUNNEL-LOCAL",
  "CFA-TUNNEL-MISSING",
  "CFA-TUNNEL-FILE",
  "CFA-TUNNEL-BEHIND",
  "CFA-TUNNEL-DOWN",
  "CFA-TUNNEL-RULE",
  "CFA-TUNNEL-CONTESTED",
  "CFA-TUNNEL-UNMARKED",
  "CFA-DOCKER-DENIED",
  "CFA-DOCKER-UNREACHABLE",
  "CFA-DOCKER-PROXY",
  "CFA-DOCKER-NETWORK",
  "CFA-NETWORK-DNS",
] as const;

export type ProblemCode = (typeof PROBLEM_CODES)[number];

/**
 * A fault of the user's input, a conflict, or a failing service: a value with an address, never
 * thrown.
 */
export interface Problem {
  readonly code: ProblemCode;
  readonly severity: "error" | "warning";
  /** The container or service that has the label. */
  readonly container: string | undefined;
  /** The label as written on the container, `cfauth.port`. */
  readonly label: string | undefined;
  /** The affected route, if known. */
  readonly route: RouteKey | undefined;
  /** What is wrong and why it matters, in one sentence. */
  readonly message: string;
  /** `closed`: the route does not open. `unchanged`: it stays as it was. */
  readonly effect: "closed" | "unchanged";
  /** An imperative with the corrected text, ready to copy. */
  readonly fix: string;
  /**
   * Identifies the problem in place of its message, if the message contains text that changes by
   * itself: a foreign address, a vendor's words. Empty if there is only one problem of this code
   * at this place.
   */
  readonly about?: string;
  /**
   * Usually resolves itself (an outage, Authentik starting), so it is reported only after a delay.
   */
  readonly passing?: true;
}

/**
 * Problems with the same key are the same problem, which is reported once when it starts and once
 * when it ends.
 */
export const problemKey = ({ code, container, label, route, about, message }: Problem): string =>
  [code, container, label, route, about ?? message].join("\u0000");
