import { domainToASCII } from "node:url";
import { z } from "zod";
import { parseRouteKey, type Route, type RouteKey, routeKey } from "../../core/domain/route.ts";
import { goDuration, parseDuration } from "../../core/text/duration.ts";
import type { AccessApplication, ForeignApplication, ObservedAccessApplications } from "./types.ts";

const texts = z.array(z.string()).nullish().catch(undefined);

/** An application of any type. Fields of an unexpected shape in a foreign one are ignored. */
export const ApplicationResponse = z.looseObject({
  id: z.string().optional(),
  aud: z.string().nullish(),
  name: z.string().nullish().catch(undefined),
  type: z.string().nullish().catch(undefined),
  domain: z.string().nullish().catch(undefined),
  destinations: z
    .array(z.looseObject({ type: z.string().optional(), uri: z.string().optional() }))
    .nullish()
    .catch(undefined),
  self_hosted_domains: texts,
  allowed_idps: texts,
  auto_redirect_to_identity: z.boolean().nullish().catch(undefined),
  session_duration: z.string().nullish().catch(undefined),
  tags: texts,
  policies: z
    .array(
      z.looseObject({
        id: z.string(),
        precedence: z.number().optional(),
        decision: z.string().optional(),
      }),
    )
    .nullish()
    .catch(undefined),
  created_at: z.string().nullish().catch(undefined),
});

export type ApplicationResponse = z.infer<typeof ApplicationResponse>;

/** An application that carries our tag and covers exactly one route; undefined for every other. */
export function applicationFrom(
  answer: ApplicationResponse,
  tag: string,
): AccessApplication | undefined {
  const route = routeIn(answer);
  const { id, aud, name, type, tags } = answer;
  if (
    route === undefined ||
    id === undefined ||
    typeof aud !== "string" ||
    type !== "self_hosted" ||
    !tags?.includes(tag)
  )
    return undefined;
  return {
    id,
    route,
    name: name ?? "",
    ...loginOf(answer, aud),
    autoRedirect: answer.auto_redirect_to_identity ?? false,
    tags: tags.toSorted(),
    launcher: {
      visible: answer["app_launcher_visible"] !== false,
      logo:
        typeof answer["logo_url"] === "string" && answer["logo_url"] !== ""
          ? answer["logo_url"]
          : undefined,
    },
    unmanagedFields: pickFields(answer, UNMANAGED),
  };
}

const loginOf = (
  answer: ApplicationResponse,
  aud: string,
): Pick<AccessApplication, "aud" | "policies" | "allowedIdps" | "session"> => ({
  aud,
  policies: linkedPolicyIds(answer),
  allowedIdps: answer.allowed_idps ?? [],
  session: canonicalSession(answer.session_duration),
});

function routeIn({ destinations, domain }: ApplicationResponse): RouteKey | undefined {
  const all = destinations?.length ? destinations : [{ type: "public", uri: domain ?? "" }];
  const [destination] = all;
  if (all.length !== 1 || (destination?.type ?? "public") !== "public") return undefined;
  const route = parseRouteKey(canonicalApplication(destination?.uri ?? ""));
  return route && routeKey(route);
}

/**
 * The host in ASCII and lower case, without scheme, port and trailing dot. A trailing slash or
 * wildcard, which means "everything below", is removed too.
 */
export function canonicalApplication(place: string): string {
  const [host = "", ...path] = place.replace(/^[a-z]+:\/\//i, "").split("/");
  const written = host.toLowerCase().replace(/:\d+$/, "");
  const name = (domainToASCII(written) || written).replace(/\.$/, "");
  return [name, ...path].join("/").replace(/\/+\*?$/, "");
}

/** Access returns `24h0m0s` for `24h`, and nothing for its default. */
function canonicalSession(text: string | null | undefined): string {
  const duration = parseDuration(text ?? "24h");
  return duration.ok ? goDuration(duration.value) : (text ?? "");
}

/** Sorted by precedence. */
export const linkedPolicyIds = ({ policies }: ApplicationResponse): readonly string[] =>
  (policies ?? [])
    .toSorted((a, b) => (a.precedence ?? 0) - (b.precedence ?? 0))
    .map(({ id }) => id);

/**
 * Writable fields of a self-hosted application that cfauth leaves to the user. A PUT replaces the
 * whole application, so it must repeat them. Read-only fields must not be sent (API schema, checked
 * 2026-11).
 */
const UNMANAGED = [
  "allow_authenticate_via_warp",
  "allow_iframe",
  "cors_headers",
  "custom_deny_message",
  "custom_deny_url",
  "custom_non_identity_deny_url",
  "custom_pages",
  "eager_redirect_cookie_setting",
  "enable_binding_cookie",
  "http_only_cookie_attribute",
  "logo_url",
  "mfa_config",
  "oauth_configuration",
  "options_preflight_bypass",
  "path_cookie_attribute",
  "read_service_tokens_from_header",
  "same_site_cookie_attribute",
  "scim_config",
  "service_auth_401_redirect",
  "skip_interstitial",
  "use_clientless_isolation_app_launcher_url",
] as const;

const pickFields = (
  answer: ApplicationResponse,
  fields: readonly string[],
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    fields
      .filter((field) => answer[field] !== undefined && answer[field] !== null)
      .map((field) => [field, answer[field]]),
  );

/**
 * For foreign applications we also keep every other field except `policies`, which a PUT leaves
 * alone when omitted.
 */
const FOREIGN = [
  ...UNMANAGED,
  "type",
  "name",
  "domain",
  "destinations",
  "allowed_idps",
  "auto_redirect_to_identity",
  "session_duration",
  "tags",
  "app_launcher_visible",
];

export function foreignApplicationFrom(answer: ApplicationResponse): ForeignApplication {
  const destinations = (answer.destinations ?? []).flatMap(({ type = "public", uri }) =>
    type === "public" && uri !== undefined ? [uri] : [],
  );
  const all = [answer.domain ?? "", ...(answer.self_hosted_domains ?? []), ...destinations].map(
    canonicalApplication,
  );
  return {
    id: answer.id ?? "",
    name: answer.name ?? "",
    type: answer.type ?? "",
    destinations: [...new Set(all)].filter((it) => it !== "").toSorted(),
    bypasses: (answer.policies ?? []).some(({ decision }) => decision === "bypass"),
    ...(typeof answer.aud === "string" && { login: loginOf(answer, answer.aud) }),
    unmanagedFields: pickFields(answer, FOREIGN),
  };
}

/**
 * The foreign application with exactly this route as a destination. `foreignApplicationsCovering`
 * finds one with a parent path or a wildcard.
 */
export const foreignApplicationAt = (
  observed: Pick<ObservedAccessApplications, "theirs">,
  route: Route,
): ForeignApplication | undefined =>
  observed.theirs.find(({ destinations }) => destinations.includes(routeKey(route)));

/**
 * Whether it also protects something without a public hostname: a private network, an MCP server.
 */
export const hasPrivateDestination = ({
  unmanagedFields,
}: Pick<ForeignApplication, "unmanagedFields">): boolean =>
  ((unmanagedFields["destinations"] ?? []) as readonly { readonly type?: string }[]).some(
    ({ type = "public" }) => type !== "public",
  );

/**
 * Whether one destination can be removed from it. If only destinations without a public hostname
 * remained, the application would have no domain.
 */
export const canReleaseDestination = (foreign: ForeignApplication, place: string): boolean =>
  foreign.type === "self_hosted" &&
  (foreign.destinations.some((it) => it !== place) || !hasPrivateDestination(foreign));
