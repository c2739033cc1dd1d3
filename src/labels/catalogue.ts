/** One label as people write it after the prefix. The table in the README is made from these rows. */
export interface LabelRow {
  readonly key: string;
  readonly meaning: string;
  /** A value that is right, and that a test runs. */
  readonly example: string;
  readonly fallback: string;
  /** Named in the plan of the product, but without effect in this version: refused, never silently accepted. */
  readonly later?: true;
}

export const CATALOGUE: readonly LabelRow[] = [
  {
    key: "hostname",
    meaning: "public hostname, or several with commas; a wildcard; a bare name, completed with `CFAUTH_DOMAIN`",
    example: "wiki.example.com",
    fallback: "with `enable=true`: the Compose service or container name",
  },
  { key: "enable", meaning: "`true` opts in without a hostname; `false` switches the container off", example: "true", fallback: "–" },
  { key: "port", meaning: "container port", example: "8080", fallback: "the only exposed TCP port" },
  { key: "scheme", meaning: "`http`, `https`, `tcp`, `ssh`, `rdp` or `smb`", example: "https", fallback: "`http`" },
  {
    key: "service",
    meaning:
      "whole origin URL instead of name, scheme and port; to anything but the container itself only with `CFAUTH_ALLOW_SERVICE=true`",
    example: "http://wiki:3000",
    fallback: "–",
  },
  { key: "path", meaning: "path prefix of this route, anchored", example: "/api", fallback: "the whole host" },
  { key: "network", meaning: "the Docker network to reach the container through", example: "tunnel", fallback: "`CFAUTH_NETWORK`" },
  {
    key: "access",
    meaning: "`authentik`: whoever logs in with Authentik; `public`: anyone",
    example: "authentik",
    fallback: "`authentik`",
  },
  { key: "access.session", meaning: "how long a login lasts", example: "7d", fallback: "`24h`" },
  {
    key: "wait-healthy",
    meaning: "open the route only once the health check has passed",
    example: "false",
    fallback: "`true` where there is a health check",
  },
  { key: "access.groups", meaning: "Authentik groups that may enter", example: "family", fallback: "–", later: true },
  { key: "access.emails", meaning: "e-mail addresses that may enter as well", example: "ann@example.com", fallback: "–", later: true },
  { key: "access.bypass", meaning: "path prefixes that need no login", example: "/hooks", fallback: "–", later: true },
  {
    key: "access.policies",
    meaning: "reusable Access policies that may let in more people",
    example: "friends",
    fallback: "–",
    later: true,
  },
  { key: "access.service-tokens", meaning: "Access service tokens that may enter", example: "any", fallback: "–", later: true },
  { key: "app.name", meaning: "name of the tile", example: "Wiki", fallback: "–", later: true },
  { key: "app.icon", meaning: "icon of the tile", example: "https://example.com/wiki.png", fallback: "–", later: true },
  { key: "app.description", meaning: "description of the tile", example: "What we know", fallback: "–", later: true },
  { key: "app.category", meaning: "heading of the tile", example: "Home", fallback: "–", later: true },
  { key: "app.hidden", meaning: "no tile", example: "true", fallback: "–", later: true },
  { key: "adopt", meaning: "take over objects of that hostname that cfauth did not create", example: "true", fallback: "–", later: true },
];

/**
 * cloudflared's `originRequest` options by their own names, and what they take. Durations are whole seconds on the wire: any
 * other form makes cloudflared refuse the whole document (measured with 2026.1.2).
 */
export const ORIGIN_OPTIONS: Readonly<
  Record<string, { readonly takes: "boolean" | "seconds" | "count" | "text" | "socks"; readonly example: string }>
> = {
  caPool: { takes: "text", example: "/etc/ssl/home-ca.pem" },
  connectTimeout: { takes: "seconds", example: "10s" },
  disableChunkedEncoding: { takes: "boolean", example: "true" },
  http2Origin: { takes: "boolean", example: "true" },
  httpHostHeader: { takes: "text", example: "wiki.internal" },
  keepAliveConnections: { takes: "count", example: "50" },
  keepAliveTimeout: { takes: "seconds", example: "90s" },
  matchSNItoHost: { takes: "boolean", example: "true" },
  noHappyEyeballs: { takes: "boolean", example: "true" },
  noTLSVerify: { takes: "boolean", example: "true" },
  originServerName: { takes: "text", example: "wiki.internal" },
  proxyType: { takes: "socks", example: "socks" },
  tcpKeepAlive: { takes: "seconds", example: "30s" },
  tlsTimeout: { takes: "seconds", example: "10s" },
};

const originKeys = Object.keys(ORIGIN_OPTIONS).map((option) => `origin.${option}`);

/** Every key that may stand after the prefix. */
export const LABEL_KEYS: readonly string[] = [...CATALOGUE.map(({ key }) => key), ...originKeys];

/** First words of keys: no route can be called so. */
export const RESERVED: ReadonlySet<string> = new Set(LABEL_KEYS.map((key) => key.split(".")[0] ?? key));

export const isLater = (key: string): boolean => CATALOGUE.some((row) => row.key === key && row.later === true);
