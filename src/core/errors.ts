import type { ProblemCode } from "./domain/problem.ts";

export interface ServiceErrorInit {
  readonly service: "cloudflare" | "authentik" | "docker" | "file";
  readonly code: ProblemCode;
  /**
   * One sentence for people: what cfauth tried and what came back.
   * Never contains a secret, a header or a body.
   */
  readonly message: string;
  readonly fix: string;
  /** Can be retried without human action. */
  readonly transient: boolean;
  /** The response to a write was lost, so the write may have happened. */
  readonly outcomeUnknown?: boolean;
  /** HTTP status, if there was a response. */
  readonly status?: number | undefined;
  /** The vendor's own codes, as text: `12130`, `ECONNREFUSED`. */
  readonly vendor?: readonly string[];
  /** The delay that the service asked for before the next request, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/**
 * When two service errors count as the same problem. An outage is one problem, whichever requests
 * it hits. A refusal is one problem per object, however the vendor words it.
 *
 * @param object - the object that the request was to change, if any
 */
export const problemIdentity = (
  { transient, code }: ServiceErrorInit,
  object = "",
): { readonly about?: string; readonly passing?: true } => {
  if (transient) return { about: "", passing: true };
  return code.endsWith("-REFUSED") ? { about: object } : {};
};

/**
 * A fault of Docker, Cloudflare, Authentik or a file: transient (retry) or terminal (a person must
 * act). Only the clients create it.
 */
export class ServiceError extends Error {
  readonly service: ServiceErrorInit["service"];
  readonly code: ProblemCode;
  readonly fix: string;
  readonly transient: boolean;
  readonly outcomeUnknown: boolean;
  readonly status: number | undefined;
  readonly vendor: readonly string[];
  readonly retryAfterMs: number | undefined;

  constructor(fault: ServiceErrorInit) {
    super(fault.message, { cause: fault.cause });
    this.name = "ServiceError";
    this.service = fault.service;
    this.code = fault.code;
    this.fix = fault.fix;
    this.transient = fault.transient;
    this.outcomeUnknown = fault.outcomeUnknown ?? false;
    this.status = fault.status;
    this.vendor = fault.vendor ?? [];
    this.retryAfterMs = fault.retryAfterMs;
  }
}
