/** One label, without the prefix. The tables in the documentation are generated from these rows. */
export interface LabelRow {
  readonly key: string;
  readonly meaning: string;
  /** A valid value, which a test decodes. */
  readonly example: string;
  readonly fallback: string;
}

export const CATALOGUE: readonly LabelRow[] = [
  {
    key: "hostname",
    meaning:
      "public hostname, or several, separated by commas; a wildcard; or a bare name, completed with `CFAUTH_DOMAIN`",
    example: "wiki.example.com",
    fallback: "the Compose service or container name, if `enable=true`",
  },
  {
    key: "enable",
    meaning: "`true` opts in without a hostname; `false` switches the container off",
    example: "true",
    fallback: "–",
  },
  {
    key: "port",
    meaning: "container port",
    example: "8080",
    fallback: "the only exposed TCP port",
  },
  {
    key: "scheme",
    meaning: "`http`, `https`, `tcp`, `ssh`, `rdp` or `smb`",
    example: "https",
    fallback: "`http`",
  },
  {
    key: "service",
    meaning:
      "whole origin URL instead of name, scheme and port; only with `CFAUTH_ALLOW_SERVICE=true` may it lead to anything but the container itself",
    example: "http://wiki:3000",
    fallback: "–",
  },
  {
    key: "path",
    meaning: "path prefix of this route, with everything below it",
    example: "/api",
    fallback: "the whole host",
  },
  {
    key: "network",
    meaning: "the Docker network to reach the container through",
    example: "tunnel",
    fallback: "`CFAUTH_NETWORK`",
  },
  {
    key: "access",
    meaning:
      "`authentik`: people who log in with Authentik, limited to those whom the `access.*` labels name, if any; `public`: anyone",
    example: "authentik",
    fallback: "`CFAUTH_DEFAULT_ACCESS` (`authentik`)",
  },
  {
    key: "access.groups",
    meaning:
      "Authentik groups; members of any of them may enter, including members of nested groups",
    example: "family,admins",
    fallback: "`CFAUTH_DEFAULT_GROUPS`, else everyone who can log in",
  },
  {
    key: "access.emails",
    meaning:
      "e-mail addresses or `@domain` of people who may enter as well; without any group, only they may",
    example: "ann@example.com,@example.org",
    fallback: "–",
  },
  {
    key: "access.session",
    meaning: "how long a login lasts",
    example: "7d",
    fallback: "`CFAUTH_DEFAULT_SESSION` (`24h`)",
  },
  {
    key: "access.bypass",
    meaning: "path prefixes that need no login, for webhooks",
    example: "/hooks,/healthz",
    fallback: "–",
  },
  {
    key: "access.policies",
    meaning:
      "names or ids of your own reusable Access policies in Cloudflare, which may admit more people",
    example: "Friends",
    fallback: "–",
  },
  {
    key: "access.service-tokens",
    meaning: "names of Access service tokens that may enter without a login, or `any`",
    example: "backup",
    fallback: "–",
  },
  {
    key: "app.name",
    meaning: "name of the tile in Authentik and in the Access App Launcher",
    example: "Wiki",
    fallback: "`homepage.name`, else from the hostname",
  },
  {
    key: "app.icon",
    meaning:
      "icon of the tile: an address, or one of Authentik's own icons, such as `fa://fa-book`",
    example: "https://example.com/wiki.png",
    fallback: "`homepage.icon`, if that is an address",
  },
  {
    key: "app.description",
    meaning: "description of the tile",
    example: "What we know",
    fallback: "`homepage.description`",
  },
  {
    key: "app.category",
    meaning: "heading of the tile in Authentik's library",
    example: "Home",
    fallback: "`homepage.group`",
  },
  { key: "app.hidden", meaning: "`true`: no tile", example: "true", fallback: "`false`" },
  {
    key: "wait-healthy",
    meaning: "open the route only once the health check has passed",
    example: "false",
    fallback: "`true` if there is a health check",
  },
  {
    key: "adopt",
    meaning:
      "take over a DNS record, rule and Access application of this hostname that were made by hand",
    example: "true",
    fallback: "`false`",
  },
  {
    key: "share-with",
    meaning:
      "other Compose projects (or `*`) whose containers may route paths inside this hostname",
    example: "blog,wiki",
    fallback: "–",
  },
];

/**
 * cloudflared's `originRequest` options under their own names, and the values that they accept.
 * Durations are whole seconds in the document: any other form makes cloudflared refuse the whole
 * document (measured with 2026.1.2).
 */
export const ORIGIN_OPTIONS: Readonly<
  Record<
    string,
    {
      readonly takes: "boolean" | "seconds" | "count" | "host" | "caPool" | "socks";
      readonly example: string;
    }
  >
> = {
  caPool: { takes: "caPool", example: "/etc/ssl/home-ca.pem" },
  connectTimeout: { takes: "seconds", example: "10s" },
  disableChunkedEncoding: { takes: "boolean", example: "true" },
  http2Origin: { takes: "boolean", example: "true" },
  httpHostHeader: { takes: "host", example: "wiki.internal" },
  keepAliveConnections: { takes: "count", example: "50" },
  keepAliveTimeout: { takes: "seconds", example: "90s" },
  matchSNItoHost: { takes: "boolean", example: "true" },
  noHappyEyeballs: { takes: "boolean", example: "true" },
  noTLSVerify: { takes: "boolean", example: "true" },
  originServerName: { takes: "host", example: "wiki.internal" },
  proxyType: { takes: "socks", example: "socks" },
  tcpKeepAlive: { takes: "seconds", example: "30s" },
  tlsTimeout: { takes: "seconds", example: "10s" },
};

const originKeys = Object.keys(ORIGIN_OPTIONS).map((option) => `origin.${option}`);

/** Every key that may follow the prefix. */
export const LABEL_KEYS: readonly string[] = [...CATALOGUE.map(({ key }) => key), ...originKeys];

/** The first words of keys, which no route may have as its name. */
export const RESERVED: ReadonlySet<string> = new Set(
  LABEL_KEYS.map((key) => key.split(".")[0] ?? key),
);
