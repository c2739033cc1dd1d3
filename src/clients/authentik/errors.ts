import type { ProblemCode } from "../../core/domain/problem.ts";
import { ServiceError } from "../../core/errors.ts";
import { safeCause, sanitise, wasNotSent } from "../cause.ts";
import { type BeyondLimit, beyondLimitIn } from "../limited.ts";
import type { AuthentikOperation } from "./operations.ts";

export interface FailedAuthentikCall {
  readonly operation: AuthentikOperation;
  /** The URL to which the call was sent, for messages. */
  readonly url: string;
  readonly hide: readonly string[];
}

export interface AuthentikAnswer {
  readonly status: number;
  /** Undefined if it is not JSON. */
  readonly body: unknown;
}

interface ErrorText {
  readonly code: ProblemCode;
  readonly message: string;
  readonly fix: string;
  readonly transient?: boolean;
  readonly vendor?: readonly string[];
}

/**
 * Creates the error for a response that is not a success.
 *
 * | status                                  | code               | transient |
 * |-----------------------------------------|--------------------|-----------|
 * | 502, 503: its router, while core starts | CFA-AK-NOT-READY   | yes       |
 * | any other 5xx, 408, 429, 2xx not JSON   | CFA-AK-UNREACHABLE | yes       |
 * | 4xx not JSON                            | CFA-AK-UNREACHABLE | no        |
 * | 3xx                                     | CFA-AK-REFUSED     | no        |
 * | 401; 403 because of the token itself    | CFA-AK-TOKEN       | no        |
 * | any other 403                           | CFA-AK-PERMISSION  | no        |
 * | any other                               | CFA-AK-REFUSED     | no        |
 */
export function authentikResponseError(
  failed: FailedAuthentikCall,
  answer: AuthentikAnswer,
): ServiceError {
  const text = describeFailure(failed, answer);
  const transient = text.transient ?? false;
  return new ServiceError({
    service: "authentik",
    ...text,
    transient,
    outcomeUnknown: transient && !failed.operation.reads,
    status: answer.status,
  });
}

function describeFailure(
  { operation, url, hide }: FailedAuthentikCall,
  { status, body }: AuthentikAnswer,
): ErrorText {
  if (status === 502 || status === 503) return startingText(operation, url);
  if (status >= 500 || status === 408 || status === 429)
    return unreachableText(operation, url, `answered ${status}`);
  if (status >= 300 && status < 400) return redirectText(url);
  if (status < 300) return unreachableText(operation, url, NOT_AUTHENTIK);
  if (body === undefined)
    return { ...unreachableText(operation, url, NOT_AUTHENTIK), transient: false };
  if (status === 401 || (status === 403 && isTokenError(body))) return BAD_TOKEN;
  if (status === 403) return permissionText(operation);
  const fields = faultyFields(body).slice(0, MAX_FIELDS);
  const said = fields
    .map(
      ({ field, says }) =>
        `${field}: ${SECRET.test(field) ? "is not accepted" : sanitise(says, hide)}`,
    )
    .join("; ");
  return {
    code: "CFA-AK-REFUSED",
    message: `Authentik refused to ${operation.does}: ${said || `status ${status}`}`,
    fix: "check the field that Authentik names; if it is correct, please report this",
    vendor: fields.map(({ field }) => field),
  };
}

/** The number of invalid fields that a message names. */
const MAX_FIELDS = 10;

const NOT_AUTHENTIK = "sent a response that is not from Authentik's API";

/**
 * Authentik never responds with 401. An invalid token and a missing permission are both 403; DRF's
 * code distinguishes them, or in versions without a code this sentence (2024.2 to 2026.8).
 */
function isTokenError(body: unknown): boolean {
  const { code, detail } = (body ?? {}) as { code?: unknown; detail?: unknown };
  return (
    code === "authentication_failed" ||
    code === "not_authenticated" ||
    detail === "Token invalid/expired"
  );
}

/**
 * Flattens DRF's field map: `{"redirect_uris": [{"url": ["Enter a valid URL."]}]}` →
 * `redirect_uris.0.url`.
 */
function faultyFields(
  body: unknown,
  at = "",
): readonly { readonly field: string; readonly says: string }[] {
  if (typeof body === "string") return [{ field: at || "detail", says: body }];
  if (typeof body !== "object" || body === null) return [];
  if (Array.isArray(body) && body.every((it) => typeof it === "string"))
    return body.map((says) => ({ field: at || "detail", says }));
  return Object.entries(body).flatMap(([key, value]) =>
    faultyFields(value, at === "" ? key : `${at}.${key}`),
  );
}

const SECRET = /secret|token|password|key/i;

const startingText = ({ does }: AuthentikOperation, url: string): ErrorText => ({
  code: "CFA-AK-NOT-READY",
  message: `Authentik at ${url} is still starting, so cfauth could not ${does}`,
  fix: "nothing to do: the daemon keeps trying; if it lasts, check docker compose logs of Authentik's server",
  transient: true,
});

const unreachableText = ({ does }: AuthentikOperation, url: string, what: string): ErrorText => ({
  code: "CFA-AK-UNREACHABLE",
  message: `Authentik at ${url} ${what} when asked to ${does}`,
  fix: "check that Authentik runs, that AUTHENTIK_API_URL leads to it, and that cfauth is on its network",
  transient: true,
});

const redirectText = (url: string): ErrorText => ({
  code: "CFA-AK-REFUSED",
  message: `Authentik at ${url} redirects cfauth to another address`,
  fix: "set AUTHENTIK_API_URL to the address that does not redirect, with https:// if required",
});

const BAD_TOKEN: ErrorText = {
  code: "CFA-AK-TOKEN",
  message:
    "Authentik does not accept the token: it is wrong, expired, replaced, or does not exist yet",
  fix: "if Authentik starts for the first time, wait a few minutes; otherwise Authentik → Directory → Tokens and App passwords → Create: intent API Token, Expiring off; put the key into AUTHENTIK_TOKEN and restart cfauth",
};

const permissionText = ({ does, permission }: AuthentikOperation): ErrorText => ({
  code: "CFA-AK-PERMISSION",
  message: `Authentik does not let this token ${does}: its user lacks the permission ${permission}`,
  fix: `Authentik → Directory → Roles → the role of the token's user → Permissions: assign ${permission}`,
});

/**
 * There was no response, or it was not read to its end. A write that was sent may have happened.
 */
export function authentikConnectionError(
  failed: FailedAuthentikCall,
  error: unknown,
): ServiceError {
  const { operation, url, hide } = failed;
  const beyond = beyondLimitIn(error);
  if (beyond !== undefined) return oversizedAuthentikResponse(failed, "answer", beyond);
  const cause = safeCause(error, hide);
  const text = unreachableText(operation, url, `did not answer (${cause.code ?? cause.message})`);
  return new ServiceError({
    service: "authentik",
    transient: true,
    ...text,
    outcomeUnknown: !operation.reads && !wasNotSent(cause),
    vendor: cause.code ? [cause.code] : [],
    cause,
  });
}

/**
 * The response is too large. The next one would most likely be the same, so the call is not
 * retried.
 */
export const oversizedAuthentikResponse = (
  { operation, url }: FailedAuthentikCall,
  what: "answer" | "list",
  { message }: BeyondLimit,
): ServiceError =>
  new ServiceError({
    service: "authentik",
    code: "CFA-AK-REFUSED",
    message: `Authentik at ${url} sent more than cfauth accepts when asked to ${operation.does}: the ${what} ${message}`,
    fix: "check which server answers at AUTHENTIK_API_URL; if it is Authentik, please report this",
    transient: false,
    outcomeUnknown: !operation.reads,
  });

/** A successful response has unexpected content. `where` names fields, never their values. */
export const invalidAuthentikResponse = (
  operation: AuthentikOperation,
  where: string,
): ServiceError =>
  new ServiceError({
    service: "authentik",
    code: "CFA-AK-REFUSED",
    message: `Authentik sent a response that cfauth does not understand when asked to ${operation.does} (${where})`,
    fix: "cfauth supports Authentik 2024.2 to 2026.8; if yours is one of them, please report this",
    transient: false,
    outcomeUnknown: !operation.reads,
  });

/** The call was not sent, because cfauth is stopping. */
export const authentikAborted = ({ operation, url }: FailedAuthentikCall): ServiceError =>
  new ServiceError({
    service: "authentik",
    transient: true,
    ...unreachableText(operation, url, "was not called because cfauth is stopping,"),
  });
