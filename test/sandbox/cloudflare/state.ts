/** The sandbox's Cloudflare account as plain data: the API writes it, the edge reads it. Objects have the API's own fields. */

export interface Zone {
  readonly id: string;
  readonly name: string;
  readonly status: "active" | "pending";
}

export interface DnsRecord {
  id: string;
  zone_id: string;
  name: string;
  type: string;
  content: string;
  proxied: boolean;
  ttl: number;
  comment: string | null;
  [field: string]: unknown;
}

export interface Tunnel {
  id: string;
  name: string;
  config_src: "cloudflare" | "local";
  status: "inactive" | "degraded" | "healthy" | "down";
  /** base64 of at least 32 bytes; part of the connector token. */
  secret: string;
  created_at: string;
  deleted_at: string | null;
}

export interface TunnelConfiguration {
  version: number;
  source: "cloudflare" | "local";
  created_at: string;
  /** The document exactly as in the PUT: `{ ingress, originRequest?, "warp-routing"? }`. */
  config: { ingress: IngressRule[]; [field: string]: unknown };
}

export interface IngressRule {
  hostname?: string;
  path?: string;
  service: string;
  originRequest?: {
    access?: { required?: boolean; teamName: string; audTag: string[] };
    [option: string]: unknown;
  };
  [field: string]: unknown;
}

export interface AccessApplication {
  id: string;
  aud: string;
  name: string;
  type: string;
  domain: string;
  destinations: { type: string; uri: string }[];
  allowed_idps: string[];
  auto_redirect_to_identity: boolean;
  session_duration: string;
  tags: string[];
  /** Links to reusable policies, by precedence; the API returns them expanded. */
  policies: { id: string; precedence: number }[];
  created_at: string;
  updated_at: string;
  /** Logins from before this time are invalid; the API never returns this. */
  tokens_revoked_at?: string;
  [field: string]: unknown;
}

export interface AccessPolicy {
  id: string;
  name: string;
  decision: "allow" | "deny" | "non_identity" | "bypass";
  include: Record<string, unknown>[];
  require: Record<string, unknown>[];
  exclude: Record<string, unknown>[];
  created_at: string;
  updated_at: string;
  [field: string]: unknown;
}

export interface IdentityProvider {
  id: string;
  name: string;
  type: string;
  /** With the real `client_secret`; the API returns it redacted. */
  config: Record<string, unknown>;
  [field: string]: unknown;
}

export interface ServiceToken {
  id: string;
  name: string;
  client_id: string;
  /** The API never returns it. */
  client_secret: string;
  created_at: string;
  updated_at: string;
  expires_at: string;
}

export interface CloudflareState {
  readonly accountId: string;
  /** First label of the team domain: `<team>.cloudflareaccess.com`. */
  readonly team: string;
  /** The token that the API accepts. */
  readonly token: string;
  /** Whether a cloudflared connects to every new tunnel at once. */
  readonly cloudflared: boolean;
  /**
   * The token's missing permissions: any of "tunnel", "apps", "login", "service-tokens", "dns", "zones"; with ":edit" after it,
   * only writes are forbidden (permissions.ts).
   */
  readonly denied: Set<string>;
  /** When the token expires; undefined: never. */
  tokenExpires?: string | undefined;
  /** False: the account has no Zero Trust, and everything below access/ answers 9999. */
  zeroTrust: boolean;
  /** Whether the API refuses a rule with an audience that no application has, such as an owner's mark. The live API was not tried. */
  refusesMarks?: boolean;
  /** The fixed configuration versions of further connectors of every healthy tunnel. */
  laggards?: readonly number[];
  /** The CA files that cloudflared has; undefined: all. It refuses a whole document that names another one and keeps the old one. */
  caFiles?: ReadonlySet<string>;
  readonly zones: Map<string, Zone>;
  readonly records: Map<string, DnsRecord>;
  readonly tunnels: Map<string, Tunnel>;
  /** By tunnel id. */
  readonly configurations: Map<string, TunnelConfiguration>;
  readonly apps: Map<string, AccessApplication>;
  readonly policies: Map<string, AccessPolicy>;
  readonly tags: Map<string, { name: string; created_at: string; updated_at: string }>;
  readonly identityProviders: Map<string, IdentityProvider>;
  readonly serviceTokens: Map<string, ServiceToken>;
}

/** The state at Cloudflare's edge: the same data, each part possibly behind the API. */
export interface EdgeView {
  readonly records: readonly DnsRecord[];
  readonly apps: readonly AccessApplication[];
  readonly policies: readonly AccessPolicy[];
  readonly identityProviders: readonly IdentityProvider[];
  readonly serviceTokens?: readonly ServiceToken[];
  /** By tunnel id, the documents that cloudflared runs. */
  readonly configurations: ReadonlyMap<string, TunnelConfiguration>;
}

/** How far each part of the edge is behind, in milliseconds; Infinity holds it until `release()`. */
export interface Lag {
  dns: number;
  access: number;
  configuration: number;
}
