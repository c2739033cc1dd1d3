import type { ProblemCode } from "./domain/problem.ts";

export interface ServiceErrorInit {
  readonly service: "cloudflare" | "authentik" | "docker" | "file";
  readonly code: ProblemCode;
  /** One sentence for people: what was wanted, what came back. Never a secret, a header or a body. */
  readonly message: string;
  readonly fix: string;
  /** Worth coming back for without anybody doing anything. */
  readonly transient: boolean;
  /** A write whose answer was lost: it may have happened. */
  readonly outcomeUnknown?: boolean;
  /** HTTP status, where there was an answer. */
  readonly status?: number | undefined;
  /** The vendor's own codes, as text: `12130`, `ECONNREFUSED`. */
  readonly vendor?: readonly string[];
  /** How long the service asked to be left alone, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  readonly cause?: unknown;
}

/**
 * What makes faults of the world one problem: an outage is one, whatever was asked for while it lasts; a refusal is one for each
 * object, whatever the vendor says this time.
 *
 * @param object - what was to be changed, if anything
 */
export const problemIdentity = (
  { transient, code }: ServiceErrorInit,
  object = "",
): { readonly about?: string; readonly passing?: true } =>
  transient ? { about: "", passing: true } : code.endsWith("-REFUSED") ? { about: object } : {};

/** A fault of the world: transient (come back) or terminal (tell a person). Made by the clients alone, once. */
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
