/** Views of the edge made by hand, for its own tests: one tunnel, and what is in front of it. */

import type {
  AccessApplication,
  AccessPolicy,
  DnsRecord,
  EdgeView,
  IdentityProvider,
  IngressRule,
  ServiceToken,
  TunnelConfiguration,
} from "../../cloudflare/state.ts";

export const TUNNEL = "6ff42ae2-765d-4adf-8112-31c55c1551ef";
const AT = "2026-11-24T00:00:00Z";

export const CATCH_ALL: IngressRule = { service: "http_status:404" };

export function record(name: string, over: Partial<DnsRecord> = {}): DnsRecord {
  return {
    id: `record-${name}`,
    zone_id: "zone",
    name,
    type: "CNAME",
    content: `${TUNNEL}.cfargotunnel.com`,
    proxied: true,
    ttl: 1,
    comment: null,
    ...over,
  };
}

export function configuration(rules: readonly IngressRule[], version = 1): TunnelConfiguration {
  return {
    version,
    source: "cloudflare",
    created_at: AT,
    config: { ingress: [...rules, CATCH_ALL] },
  };
}

export function application(
  uri: string,
  policies: readonly AccessPolicy[],
  over: Partial<AccessApplication> = {},
): AccessApplication {
  return {
    id: `app-${uri}`,
    aud: `aud-${uri}`,
    name: uri,
    type: "self_hosted",
    domain: uri,
    destinations: [{ type: "public", uri }],
    allowed_idps: [],
    auto_redirect_to_identity: false,
    session_duration: "24h",
    tags: [],
    policies: policies.map(({ id }, i) => ({ id, precedence: i + 1 })),
    created_at: AT,
    updated_at: AT,
    ...over,
  };
}

export function policy(
  id: string,
  decision: AccessPolicy["decision"],
  include: Record<string, unknown>[],
  over: Partial<AccessPolicy> = {},
): AccessPolicy {
  return {
    id,
    name: id,
    decision,
    include,
    require: [],
    exclude: [],
    created_at: AT,
    updated_at: AT,
    ...over,
  };
}

export function provider(id: string, config: Record<string, unknown>): IdentityProvider {
  return { id, name: `Log in with ${id}`, type: "oidc", config };
}

export function serviceToken(id: string, over: Partial<ServiceToken> = {}): ServiceToken {
  const dates = { created_at: AT, updated_at: AT, expires_at: "2099-01-01T00:00:00Z" };
  return { id, name: id, client_id: `${id}.access`, client_secret: "hush", ...dates, ...over };
}

export interface World {
  readonly names?: readonly (string | DnsRecord)[];
  readonly rules?: readonly IngressRule[];
  readonly version?: number;
  readonly apps?: readonly AccessApplication[];
  readonly policies?: readonly AccessPolicy[];
  readonly identityProviders?: readonly IdentityProvider[];
  readonly serviceTokens?: readonly ServiceToken[];
}

export function world({
  names = [],
  rules,
  version,
  apps = [],
  policies = [],
  identityProviders = [],
  serviceTokens = [],
}: World): EdgeView {
  const records = names.map((name) => (typeof name === "string" ? record(name) : name));
  const configurations = new Map(rules ? [[TUNNEL, configuration(rules, version)]] : []);
  return { records, apps, policies, identityProviders, serviceTokens, configurations };
}
