import { audience, hexId, timestamp, tunnelSecret, uuid } from "./ids.ts";
import type {
  AccessApplication,
  AccessPolicy,
  CloudflareState,
  DnsRecord,
  IdentityProvider,
  IngressRule,
  ServiceToken,
  Tunnel,
  TunnelConfiguration,
  Zone,
} from "./state.ts";
import { connectorToken } from "./tunnels/tunnels.ts";

/** These functions add objects as if they had existed for long: without the API's checks, the journal and any lag. */

export function seedZone(
  state: CloudflareState,
  name: string,
  status: Zone["status"] = "active",
): Zone {
  return put(state.zones, { id: hexId(), name, status });
}

export function seedTunnel(
  state: CloudflareState,
  fields: Partial<Tunnel> = {},
): Tunnel & { readonly token: string } {
  const tunnel = put(state.tunnels, {
    id: uuid(),
    name: "homelab",
    config_src: "cloudflare",
    status: "healthy",
    secret: tunnelSecret(),
    created_at: timestamp(),
    deleted_at: null,
    ...fields,
  });
  return { ...tunnel, token: connectorToken(state.accountId, tunnel) };
}

/** A whole document with foreign rules and settings; the function adds the catch-all. */
export function seedConfiguration(
  state: CloudflareState,
  tunnel: Pick<Tunnel, "id" | "config_src">,
  {
    ingress = [],
    ...rest
  }: { readonly ingress?: readonly IngressRule[]; readonly [field: string]: unknown } = {},
): TunnelConfiguration {
  const configuration: TunnelConfiguration = {
    version: (state.configurations.get(tunnel.id)?.version ?? 0) + 1,
    source: tunnel.config_src,
    created_at: timestamp(),
    config: { ...rest, ingress: [...ingress, { service: "http_status:404" }] },
  };
  state.configurations.set(tunnel.id, configuration);
  return configuration;
}

/** The record's zone is the longest one that its name ends with. */
export function seedRecord(
  state: CloudflareState,
  fields: Partial<DnsRecord> & Pick<DnsRecord, "name">,
): DnsRecord {
  const zone = [...state.zones.values()]
    .filter(({ name }) => fields.name === name || fields.name.endsWith(`.${name}`))
    .toSorted((a, b) => b.name.length - a.name.length)[0];
  if (!zone) throw new Error(`no zone for ${fields.name}`);
  const now = timestamp();
  return put(state.records, {
    id: hexId(),
    zone_id: zone.id,
    type: "A",
    content: "203.0.113.7",
    proxied: true,
    ttl: 1,
    comment: null,
    tags: [],
    settings: {},
    created_on: now,
    modified_on: now,
    ...fields,
  });
}

export function seedApp(
  state: CloudflareState,
  fields: Partial<AccessApplication> & Pick<AccessApplication, "domain">,
): AccessApplication {
  const now = timestamp();
  const { domain } = fields;
  const destinations = [{ type: "public", uri: domain }];
  return put(state.apps, {
    id: uuid(),
    aud: audience(),
    name: domain,
    type: "self_hosted",
    destinations,
    self_hosted_domains: (fields.destinations ?? destinations).map(({ uri }) => uri),
    allowed_idps: [],
    auto_redirect_to_identity: false,
    app_launcher_visible: true,
    session_duration: "24h",
    tags: [],
    policies: [],
    created_at: now,
    updated_at: now,
    ...fields,
  });
}

export function seedPolicy(
  state: CloudflareState,
  fields: Partial<AccessPolicy> & Pick<AccessPolicy, "name">,
): AccessPolicy {
  const now = timestamp();
  return put(state.policies, {
    id: uuid(),
    decision: "allow",
    include: [{ everyone: {} }],
    require: [],
    exclude: [],
    created_at: now,
    updated_at: now,
    ...fields,
  });
}

export function seedTag(state: CloudflareState, name: string): void {
  state.tags.set(name, { name, created_at: timestamp(), updated_at: timestamp() });
}

/** By default the one-time PIN, which most accounts have. */
export function seedIdentityProvider(
  state: CloudflareState,
  fields: Partial<IdentityProvider> = {},
): IdentityProvider {
  return put(state.identityProviders, {
    id: uuid(),
    name: "One-time PIN",
    type: "onetimepin",
    config: {},
    ...fields,
  });
}

export function seedServiceToken(state: CloudflareState, name: string): ServiceToken {
  const now = timestamp();
  return put(state.serviceTokens, {
    id: uuid(),
    name,
    client_id: `${hexId()}.access`,
    client_secret: `${hexId()}${hexId()}`,
    created_at: now,
    updated_at: now,
    expires_at: new Date(Date.now() + 365 * 86_400_000).toISOString(),
  });
}

function put<T extends { id: string }>(map: Map<string, T>, value: NoInfer<T>): T {
  map.set(value.id, value);
  return value;
}
