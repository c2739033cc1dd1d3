import type { ProblemCode } from "../../core/domain/problem.ts";
import { ServiceError } from "../../core/errors.ts";
import { safeCause, sanitise, wasNotSent } from "../cause.ts";
import { type BeyondLimit, beyondLimitIn } from "../limited.ts";
import type { CloudflareAnswer, Envelope } from "./answer.ts";
import { type CloudflareOperation, isRead } from "./operations.ts";

export interface FailedCloudflareCall {
  readonly operation: CloudflareOperation;
  /** Texts that must not be shown: the token, and secrets in the request. */
  readonly hide: readonly string[];
}

interface ErrorText {
  readonly code: ProblemCode;
  readonly message: string;
  readonly fix: string;
  readonly transient?: boolean;
}

/**
 * Creates the error for a response that is not a success.
 *
 * | status, or Cloudflare's code      | code                  | transient |
 * |-----------------------------------|-----------------------|-----------|
 * | 9999                              | CFA-CF-NO-ZERO-TRUST  | no        |
 * | 429                               | CFA-CF-RATE-LIMIT     | yes       |
 * | 408, 5xx, not JSON                | CFA-CF-UNREACHABLE    | yes       |
 * | 401, 1000, 6003, 6111, 9106       | CFA-CF-TOKEN          | no        |
 * | 403, 10000, 9109                  | CFA-CF-PERMISSION     | no        |
 * | any other                         | CFA-CF-REFUSED        | no        |
 */
export function cloudflareResponseError(
  { operation, hide }: FailedCloudflareCall,
  answer: Pick<CloudflareAnswer, "status">,
  envelope: Envelope | undefined,
  pauseMs: number,
): ServiceError {
  const errors = envelope?.errors ?? [];
  const vendor = errors
    .slice(0, MAX_VENDOR_CODES)
    .flatMap(({ code }) => (code === undefined ? [] : [String(code).slice(0, 100)]));
  const said = sanitise(errors.flatMap(({ message }) => message ?? []).join("; "), hide);
  const text = describeFailure({
    operation,
    status: answer.status,
    vendor,
    said,
    isFromApi: envelope !== undefined,
  });
  const isUnreachable = text.code === "CFA-CF-UNREACHABLE";
  return new ServiceError({
    service: "cloudflare",
    transient: false,
    ...text,
    outcomeUnknown: isUnreachable && !isRead(operation),
    status: answer.status,
    vendor,
    retryAfterMs: text.code === "CFA-CF-RATE-LIMIT" ? pauseMs : undefined,
  });
}

/** Codes of one response that are kept; Cloudflare sends one or two. */
const MAX_VENDOR_CODES = 10;

interface Refusal {
  readonly operation: CloudflareOperation;
  readonly status: number;
  readonly vendor: readonly string[];
  readonly said: string;
  /** True if the response came from the API. */
  readonly isFromApi: boolean;
}

function describeFailure({ operation, status, vendor, said, isFromApi }: Refusal): ErrorText {
  const has = (...codes: readonly string[]) => codes.some((code) => vendor.includes(code));
  if (has("9999")) return NO_ZERO_TRUST;
  if (status === 429) return rateLimitText(operation);
  if (status < 500 && !isFromApi) return notCloudflareText(operation, status);
  if (status === 408 || status >= 500)
    return unreachableText(
      operation,
      isFromApi
        ? `Cloudflare answered ${status}`
        : `something that is not Cloudflare's API answered ${status}`,
    );
  if (status === 401 || has("1000", "6003", "6111", "9106")) return BAD_TOKEN;
  if (status === 403 || has("10000", "9109")) return permissionText(operation);
  return {
    code: "CFA-CF-REFUSED",
    message: `Cloudflare refused to ${operation.does}: ${said || `status ${status}`}`,
    fix: "check what Cloudflare reports; if the label or setting that it names is correct, please report this",
  };
}

const NO_ZERO_TRUST: ErrorText = {
  code: "CFA-CF-NO-ZERO-TRUST",
  message: "Zero Trust is not set up on this Cloudflare account, so logins are impossible",
  fix: "open https://one.dash.cloudflare.com, choose the account, pick a team name and the Free plan",
};

const BAD_TOKEN: ErrorText = {
  code: "CFA-CF-TOKEN",
  message: "Cloudflare does not accept the API token: it is wrong, expired or deleted",
  fix: "create a token under dash.cloudflare.com → My Profile → API Tokens, put it into CLOUDFLARE_API_TOKEN and restart cfauth",
};

const permissionText = ({ does, permission }: CloudflareOperation): ErrorText => ({
  code: "CFA-CF-PERMISSION",
  message: `Cloudflare does not let this API token ${does}: the permission ${permission} is missing`,
  fix: `dash.cloudflare.com → My Profile → API Tokens → the token → Edit: add ${permission} (the token stays the same)`,
});

const rateLimitText = ({ does }: CloudflareOperation): ErrorText => ({
  code: "CFA-CF-RATE-LIMIT",
  message: `Cloudflare's limit of API requests is reached, so cfauth could not ${does}`,
  fix: "nothing to do: cfauth continues when the limit allows it",
  transient: true,
});

const unreachableText = ({ does }: CloudflareOperation, what: string): ErrorText => ({
  code: "CFA-CF-UNREACHABLE",
  message: `${what} when asked to ${does}`,
  fix: "nothing to do: the daemon keeps trying; if it lasts, check https://www.cloudflarestatus.com",
  transient: true,
});

/** The status is below 500. Error pages of Cloudflare's own edge have 500 or more. */
const notCloudflareText = (operation: CloudflareOperation, status: number): ErrorText => ({
  ...unreachableText(operation, `something that is not Cloudflare's API answered ${status}`),
  fix: "check what answers instead of https://api.cloudflare.com: a proxy, a hotel's login page, or the server at CLOUDFLARE_BASE_URL; the daemon keeps trying",
});

/**
 * There was no response, or it was not read to its end. A write that was sent may have happened.
 */
export function cloudflareConnectionError(
  failed: FailedCloudflareCall,
  error: unknown,
): ServiceError {
  const { operation, hide } = failed;
  const beyond = beyondLimitIn(error);
  if (beyond !== undefined) return oversizedCloudflareResponse(failed, "answer", beyond);
  const cause = safeCause(error, hide);
  const text = unreachableText(
    operation,
    `Cloudflare did not answer (${cause.code ?? cause.message})`,
  );
  const fix = "check that this machine reaches https://api.cloudflare.com; the daemon keeps trying";
  return new ServiceError({
    service: "cloudflare",
    transient: true,
    ...text,
    fix,
    outcomeUnknown: !isRead(operation) && !wasNotSent(cause),
    vendor: cause.code ? [cause.code] : [],
    cause,
  });
}

/**
 * The response is too large. The next one would most likely be the same, so the call is not
 * retried.
 */
export const oversizedCloudflareResponse = (
  { operation }: FailedCloudflareCall,
  what: "answer" | "list",
  { message }: BeyondLimit,
): ServiceError =>
  new ServiceError({
    service: "cloudflare",
    code: "CFA-CF-REFUSED",
    message: `Cloudflare sent more than cfauth accepts when asked to ${operation.does}: the ${what} ${message}`,
    fix: "check what answers instead of https://api.cloudflare.com: a proxy, or the server at CLOUDFLARE_BASE_URL; if it is Cloudflare, please report this",
    transient: false,
    outcomeUnknown: !isRead(operation),
  });

/** A successful response has unexpected content. `where` names fields, never their values. */
export const invalidCloudflareResponse = (
  operation: CloudflareOperation,
  where: string,
): ServiceError =>
  new ServiceError({
    service: "cloudflare",
    code: "CFA-CF-REFUSED",
    message: `Cloudflare sent a response that cfauth does not understand when asked to ${operation.does} (${where})`,
    fix: "update cfauth; if it is up to date, please report this",
    transient: false,
    outcomeUnknown: !isRead(operation),
  });

/** The call was not sent, because Cloudflare asked for a pause that is longer than a call waits. */
export const rateLimitError = (
  { operation }: FailedCloudflareCall,
  pauseMs: number,
): ServiceError =>
  new ServiceError({
    service: "cloudflare",
    transient: true,
    ...rateLimitText(operation),
    retryAfterMs: pauseMs,
  });

/** The call was not sent, because cfauth is stopping. */
export const cloudflareAborted = ({ operation }: FailedCloudflareCall): ServiceError =>
  new ServiceError({
    service: "cloudflare",
    transient: true,
    ...unreachableText(operation, "cfauth is stopping and did not call Cloudflare"),
  });
