import { domainToASCII } from "node:url";
import { z } from "zod";
import { parseRouteKey, type Route, type RouteKey, routeKey } from "../../core/domain/route.ts";
import { goDuration, parseDuration } from "../../core/text/duration.ts";
import type { AccessApplication, ForeignApplication, ObservedAccessApplications } from "./types.ts";

const texts = z.array(z.string()).nullish().catch(undefined);

/** Of any type of application; what a foreign one has in a shape of its own is passed over. */
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

/** An application that carries our tag on exactly one route; undefined for every other. */
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
    unmanagedFields: kept(answer, UNMANAGED),
  };
}

const loginOf = (
  answer: ApplicationResponse,
  aud: string,
): Pick<AccessApplication, "aud" | "policies" | "allowedIdps" | "session"> => ({
  aud,
  policies: linkedBy(answer),
  allowedIdps: answer.allowed_idps ?? [],
  session: session(answer.session_duration),
});

function routeIn({ destinations, domain }: ApplicationResponse): RouteKey | undefined {
  const places = destinations?.length ? destinations : [{ type: "public", uri: domain ?? "" }];
  const [place] = places;
  if (places.length !== 1 || (place?.type ?? "public") !== "public") return undefined;
  const route = parseRouteKey(canonicalApplication(place?.uri ?? ""));
  return route && routeKey(route);
}

/** The host as the DNS has it, in lower case, without a scheme, port or closing dot, and without the slash or wildcard that says "all below". */
export function canonicalApplication(place: string): string {
  const [host = "", ...path] = place.replace(/^[a-z]+:\/\//i, "").split("/");
  const written = host.toLowerCase().replace(/:\d+$/, "");
  const name = (domainToASCII(written) || written).replace(/\.$/, "");
  return [name, ...path].join("/").replace(/\/+\*?$/, "");
}

/** Access says `24h0m0s` for `24h`, and nothing for its default. */
function session(text: string | null | undefined): string {
  const duration = parseDuration(text ?? "24h");
  return duration.ok ? goDuration(duration.value) : (text ?? "");
}

/** Ids of the linked policies, by precedence. */
export const linkedBy = ({ policies }: ApplicationResponse): readonly string[] =>
  (policies ?? [])
    .toSorted((a, b) => (a.precedence ?? 0) - (b.precedence ?? 0))
    .map(({ id }) => id);

/**
 * What a PUT of a self-hosted application takes and cfauth leaves to the user. A PUT replaces the whole, so they go along;
 * what is only ever answered must not (API schema, checked 2026-11).
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

const kept = (
  answer: ApplicationResponse,
  fields: readonly string[],
): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    fields.flatMap((field) =>
      answer[field] === undefined || answer[field] === null ? [] : [[field, answer[field]]],
    ),
  );

/** Of an application of somebody else's everything else as well, but its policies: a PUT that does not name them leaves them. */
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
  const places = [answer.domain ?? "", ...(answer.self_hosted_domains ?? []), ...destinations].map(
    canonicalApplication,
  );
  return {
    id: answer.id ?? "",
    name: answer.name ?? "",
    type: answer.type ?? "",
    destinations: [...new Set(places)].filter((place) => place !== "").toSorted(),
    bypasses: (answer.policies ?? []).some(({ decision }) => decision === "bypass"),
    ...(typeof answer.aud === "string" && { login: loginOf(answer, answer.aud) }),
    unmanagedFields: kept(answer, FOREIGN),
  };
}

/** The foreign application that names this very place. One around it is found by `foreignApplicationsCovering`. */
export const foreignApplicationAt = (
  seen: Pick<ObservedAccessApplications, "theirs">,
  route: Route,
): ForeignApplication | undefined =>
  seen.theirs.find(({ destinations }) => destinations.includes(routeKey(route)));

/** Whether it guards something that has no public hostname as well: a private network, an MCP server. */
export const guardsPrivately = ({
  unmanagedFields,
}: Pick<ForeignApplication, "unmanagedFields">): boolean =>
  ((unmanagedFields["destinations"] ?? []) as readonly { readonly type?: string }[]).some(
    ({ type = "public" }) => type !== "public",
  );

/** Whether one place can be taken out of it. Where only what has no public hostname would be left, Access would have no domain for it. */
export const canReleaseDestination = (foreign: ForeignApplication, place: string): boolean =>
  foreign.type === "self_hosted" &&
  (foreign.destinations.some((it) => it !== place) || !guardsPrivately(foreign));
