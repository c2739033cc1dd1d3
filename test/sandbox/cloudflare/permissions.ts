import type { Answer, Request } from "../routes.ts";
import { failure, paged } from "./envelope.ts";
import type { CloudflareState } from "./state.ts";

/** The paths of each permission, by its name in `CloudflareState.denied`. */
const AREAS: readonly (readonly [path: RegExp, area: string])[] = [
  [/^\/accounts\/[^/]+\/cfd_tunnel(\/|$)/, "tunnel"],
  [/^\/accounts\/[^/]+\/access\/(apps|policies|tags)(\/|$)/, "apps"],
  [/^\/accounts\/[^/]+\/access\/(identity_providers|organizations)(\/|$)/, "login"],
  [/^\/accounts\/[^/]+\/access\/service_tokens(\/|$)/, "service-tokens"],
  [/^\/zones\/[^/]+\/dns_records(\/|$)/, "dns"],
];

/**
 * The answer if the token lacks the permission. Only the list of zones is not refused: it shows the zones that
 * the token may see, so it is empty. One zone by its id needs either permission on zones.
 */
export function forbidden({ denied }: CloudflareState, request: Request): Answer | undefined {
  const { path } = request.call;
  const refused = failure(403, 10000, "Authentication error");
  if (path === "/zones")
    return denied.has("zones") ? paged(request, [], { usual: 20, most: 50 }) : undefined;
  if (/^\/zones\/[^/]+$/.test(path))
    return denied.has("zones") && denied.has("dns") ? refused : undefined;
  const area = AREAS.find(([pattern]) => pattern.test(path))?.[1];
  if (area === undefined) return undefined;
  return denied.has(area) || (denied.has(`${area}:edit`) && edits(request)) ? refused : undefined;
}

/** Reading a connector token needs the permission to change tunnels. */
const edits = ({ call: { write, path } }: Request): boolean => write || path.endsWith("/token");

/** Checked after the permissions. The HTTP status of 9999 is unknown; 403 is the most misleading candidate. */
export function withoutTeam(
  { zeroTrust }: CloudflareState,
  { call: { path } }: Request,
): Answer | undefined {
  const needs = /^\/accounts\/[^/]+\/access\//.test(path);
  return zeroTrust || !needs ? undefined : failure(403, 9999, "access.api.error.not_enabled");
}
