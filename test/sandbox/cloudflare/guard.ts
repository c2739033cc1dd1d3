import type { Answer, Request } from "../routes.ts";
import type { Budget } from "./budget.ts";
import { failure } from "./envelope.ts";
import { wellFormed } from "./ids.ts";
import { forbidden, withoutTeam } from "./permissions.ts";
import type { CloudflareState } from "./state.ts";

/** The checks before every operation: rate limit, token, well-formed and known ids, permission. */
export function createGuard(
  state: CloudflareState,
  budget: Budget,
): (request: Request) => Answer | undefined {
  return (request) =>
    spent(budget) ??
    unauthorized(state, request) ??
    astray(state, request) ??
    forbidden(state, request) ??
    withoutTeam(state, request);
}

function spent(budget: Budget): Answer | undefined {
  const wait = budget.take();
  if (!wait) return undefined;
  const answer = failure(
    429,
    10429,
    "Rate limited. Please wait and consider throttling your request speed",
  );
  return { ...answer, headers: { "retry-after": `${wait.retryAfterSeconds}` } };
}

function unauthorized(state: CloudflareState, { call, headers }: Request): Answer | undefined {
  if (headers.authorization === `Bearer ${state.token}`) return undefined;
  if (headers.authorization === undefined)
    return failure(400, 9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers");
  return call.path.endsWith("/tokens/verify")
    ? failure(401, 1000, "Invalid API Token")
    : failure(401, 10000, "Authentication error");
}

function astray(state: CloudflareState, { call, params }: Request): Answer | undefined {
  const { account_id, zone_id } = params;
  const known =
    Object.entries(params).every(([name, value]) => wellFormed(name, value)) &&
    (account_id === undefined || account_id === state.accountId) &&
    (zone_id === undefined || state.zones.has(zone_id));
  return known ? undefined : noRoute(call.path);
}

export function noRoute(path: string): Answer {
  return failure(
    404,
    7003,
    `Could not route to ${path}, perhaps your object identifier is invalid?`,
  );
}
