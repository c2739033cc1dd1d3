import { describe, expect, it } from "vitest";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import type { LabelContext } from "../../../../src/core/labels/context.ts";
import { decoded, tcp, workload } from "../../../support/builders.ts";

interface Row {
  readonly name: string;
  readonly labels: Workload["labels"];
  readonly container?: Partial<Workload>;
  readonly others?: readonly Workload[];
  readonly settings?: Partial<LabelContext>;
  /** Code, label, message, fix. */
  readonly says: readonly [string, string, string, string];
}

const HOST = { "cfauth.hostname": "app.example.com" };

const run = ({ labels, container, others = [], settings }: Row) =>
  decoded([workload(labels, container), ...others], settings);

function expectRefused(rows: readonly Row[]): void {
  it.each(rows)("$name exposes nothing, and the problem says what would be right", (row) => {
    const { exposures, problems } = run(row);
    expect(exposures).toEqual([]);
    expect(problems.map(({ code, label, message, fix }) => [code, label, message, fix])).toEqual([
      row.says,
    ]);
    expect(
      problems.map(({ container, severity, effect }) => [container, severity, effect]),
    ).toEqual([[row.container?.name ?? "app", "error", "closed"]]);
  });
}

const bad = (text: string, why: string, fix: string): Omit<Row, "name"> => ({
  labels: { "cfauth.hostname": text },
  says: ["CFA-LABEL-VALUE", "cfauth.hostname", `cfauth.hostname="${text}" ${why}`, fix],
});

const LIKE = "write it like app.example.com: letters, digits and hyphens between dots";

describe("invalid hostnames", () => {
  expectRefused([
    {
      name: "a hostname with a scheme",
      ...bad("https://app.example.com", "has a scheme", "write app.example.com"),
    },
    {
      name: "a hostname with a scheme, a port and a path",
      ...bad("https://app.example.com:8443/x", "has a scheme", "write app.example.com"),
    },
    {
      name: "a hostname with a port",
      ...bad(
        "app.example.com:80",
        "has a port",
        "write app.example.com; set the container's port with the label port",
      ),
    },
    {
      name: "a hostname with a path",
      ...bad(
        "app.example.com/api",
        "has a path",
        "write app.example.com and put the path into the label path",
      ),
    },
    {
      name: "a hostname with a query",
      ...bad(
        "app.example.com?x=1",
        "has a path",
        "write app.example.com and put the path into the label path",
      ),
    },
    {
      name: "a hostname with an underscore",
      ...bad("my_app.example.com", "is not a hostname", LIKE),
    },
    { name: "a hostname with a space", ...bad("my app.example.com", "is not a hostname", LIKE) },
    {
      name: "a hostname with a label of 64 characters",
      ...bad(`${"a".repeat(64)}.example.com`, "is not a hostname", LIKE),
    },
    {
      name: "a hostname with a hyphen at the end of a label",
      ...bad("app-.example.com", "is not a hostname", LIKE),
    },
    {
      name: "a hostname with two consecutive dots",
      ...bad("app..example.com", "is not a hostname", LIKE),
    },
    {
      name: "a hostname with an asterisk in the middle",
      ...bad("app.*.example.com", "is not a hostname", LIKE),
    },
    {
      name: "a hostname with an asterisk as part of a label",
      ...bad("app-*.example.com", "is not a hostname", LIKE),
    },
    { name: "a hostname that is an address", ...bad("192.168.1.20", "is not a hostname", LIKE) },
    {
      name: "a hostname that is a Traefik rule",
      ...bad("Host(`app.example.com`)", "is not a hostname", LIKE),
    },
    { name: "an empty hostname", ...bad("", "is not a hostname", LIKE) },
    {
      name: "an empty hostname after a comma",
      labels: { "cfauth.hostname": "app.example.com," },
      says: ["CFA-LABEL-VALUE", "cfauth.hostname", 'cfauth.hostname="" is not a hostname', LIKE],
    },
    {
      name: "a short hostname without a single domain to complete it",
      ...bad(
        "wiki",
        "is a bare name, and there is no single domain to complete it with",
        "write it in full, app.example.com, or set CFAUTH_DOMAIN",
      ),
      settings: { domain: undefined },
    },
    {
      name: "an invalid hostname among several",
      labels: { "cfauth.hostname": "app.example.com, my_app.example.com" },
      says: [
        "CFA-LABEL-VALUE",
        "cfauth.hostname",
        'cfauth.hostname="my_app.example.com" is not a hostname',
        LIKE,
      ],
    },
    {
      name: "a hostname in none of the zones",
      labels: { "cfauth.hostname": "app.other.net" },
      says: [
        "CFA-HOST-NO-ZONE",
        "cfauth.hostname",
        "none of the usable zones (example.com) covers app.other.net",
        "correct it, or give the token Zone · Read and DNS · Edit for the zone of app.other.net",
      ],
    },
    {
      name: "a hostname in a zone that CFAUTH_ZONES omits, below one that it allows",
      labels: { "cfauth.hostname": "x.dev.example.com" },
      settings: { excludedZones: ["dev.example.com"] },
      says: [
        "CFA-HOST-NO-ZONE",
        "cfauth.hostname",
        "x.dev.example.com belongs to the zone dev.example.com, which CFAUTH_ZONES leaves out",
        "add dev.example.com to CFAUTH_ZONES, or use a hostname in one of the zones that it lists (example.com)",
      ],
    },
    {
      name: "a hostname that CFAUTH_DOMAIN completes into a zone that CFAUTH_ZONES omits",
      labels: { "cfauth.hostname": "x" },
      settings: { excludedZones: ["dev.example.com"], domain: "dev.example.com" },
      says: [
        "CFA-HOST-NO-ZONE",
        "cfauth.hostname",
        "x.dev.example.com belongs to the zone dev.example.com, which CFAUTH_ZONES leaves out",
        "add dev.example.com to CFAUTH_ZONES, or use a hostname in one of the zones that it lists (example.com)",
      ],
    },
    {
      name: "a hostname whose end only looks like a zone",
      labels: { "cfauth.hostname": "app.notexample.com" },
      says: [
        "CFA-HOST-NO-ZONE",
        "cfauth.hostname",
        "none of the usable zones (example.com) covers app.notexample.com",
        "correct it, or give the token Zone · Read and DNS · Edit for the zone of app.notexample.com",
      ],
    },
    {
      name: "a hostname without any zone visible to the token",
      labels: HOST,
      settings: { zones: [] },
      says: [
        "CFA-HOST-NO-ZONE",
        "cfauth.hostname",
        "none of the usable zones (none at all: is Zone · Read missing?) covers app.example.com",
        "correct it, or give the token Zone · Read and DNS · Edit for the zone of app.example.com",
      ],
    },
    {
      name: "a missing hostname of an unnamed route",
      labels: { "cfauth.port": "80" },
      says: [
        "CFA-LABEL-NO-HOSTNAME",
        "cfauth.port",
        "cfauth.port is set, but no hostname",
        "add cfauth.hostname: app.example.com",
      ],
    },
    {
      name: "a missing hostname of a named route",
      labels: { "cfauth.web.port": "80" },
      says: [
        "CFA-LABEL-NO-HOSTNAME",
        "cfauth.web.port",
        "cfauth.web.port is set, but no hostname",
        "add cfauth.web.hostname: app.example.com",
      ],
    },
    {
      name: "a hostname that enable=true takes from an unusable name",
      labels: { "cfauth.enable": "true" },
      container: { name: "my_app" },
      says: [
        "CFA-LABEL-VALUE",
        "cfauth.hostname",
        'cfauth.hostname="my_app" is not a hostname',
        LIKE,
      ],
    },
  ]);

  it("an endless hostname is clipped and shown on one line", () => {
    const [problem] = decoded([
      workload({ "cfauth.hostname": `a\nb ${"x".repeat(500)}` }),
    ]).problems;
    expect(problem?.message).toBe(`cfauth.hostname="a b ${"x".repeat(96)}" is not a hostname`);
  });
});

const DUAL = { ...HOST, "cfauth.port": "80" };

describe("containers that cannot be reached", () => {
  expectRefused([
    {
      name: "a container with several exposed ports and no port label",
      labels: HOST,
      container: { ports: [tcp(8443), tcp(80), tcp(443)] },
      says: [
        "CFA-PORT-MANY",
        "cfauth.port",
        "the image exposes 80, 443 and 8443, and cfauth cannot know which one is meant",
        'add cfauth.port: "80" (or another of them)',
      ],
    },
    {
      name: "a container without an exposed port",
      labels: HOST,
      container: { ports: [] },
      says: [
        "CFA-PORT-NONE",
        "cfauth.port",
        "the image exposes no TCP port, so cfauth cannot know where the container listens",
        'add cfauth.port: "8080" with the port that the container listens on',
      ],
    },
    {
      name: "a named route with only an exposed UDP port",
      labels: { "cfauth.dns.hostname": "app.example.com" },
      container: { ports: [{ number: 53, protocol: "udp", published: undefined }] },
      says: [
        "CFA-PORT-NONE",
        "cfauth.dns.port",
        "the image exposes no TCP port, so cfauth cannot know where the container listens",
        'add cfauth.dns.port: "8080" with the port that the container listens on',
      ],
    },
    {
      name: "a port that is a word",
      labels: { ...HOST, "cfauth.port": "http" },
      says: [
        "CFA-LABEL-VALUE",
        "cfauth.port",
        'cfauth.port="http" is not a port',
        "write a number from 1 to 65535",
      ],
    },
    {
      name: "port 0",
      labels: { ...HOST, "cfauth.port": "0" },
      says: [
        "CFA-LABEL-VALUE",
        "cfauth.port",
        'cfauth.port="0" is not a port',
        "write a number from 1 to 65535",
      ],
    },
    {
      name: "port 65536",
      labels: { ...HOST, "cfauth.port": "65536" },
      says: [
        "CFA-LABEL-VALUE",
        "cfauth.port",
        'cfauth.port="65536" is not a port',
        "write a number from 1 to 65535",
      ],
    },
    {
      name: "a port that is the published one",
      labels: { ...HOST, "cfauth.port": "8080:80" },
      says: [
        "CFA-LABEL-VALUE",
        "cfauth.port",
        'cfauth.port="8080:80" is not a port',
        "write a number from 1 to 65535",
      ],
    },
    {
      name: "a container outside the tunnel network",
      labels: HOST,
      container: { networks: { default: { ip: "172.19.0.2" }, backend: { ip: "172.20.0.2" } } },
      says: [
        "CFA-NETWORK-MISSING",
        "cfauth.network",
        "the container is on backend, default, not on tunnel, so cloudflared cannot reach it",
        "add networks: [tunnel] to the service",
      ],
    },
    {
      name: "a container on none of several tunnel networks",
      labels: HOST,
      container: { networks: {} },
      settings: { networks: ["tunnel", "edge"] },
      says: [
        "CFA-NETWORK-MISSING",
        "cfauth.network",
        "the container is on no network, not on tunnel or edge, so cloudflared cannot reach it",
        "write networks: [tunnel] in place of network_mode",
      ],
    },
    {
      name: "a container on the host's network, beside which Compose accepts no other",
      labels: HOST,
      container: { networks: { host: { ip: undefined } } },
      says: [
        "CFA-NETWORK-MISSING",
        "cfauth.network",
        "the container is on host, not on tunnel, so cloudflared cannot reach it",
        "write networks: [tunnel] in place of network_mode",
      ],
    },
    {
      name: "a container only on the default bridge, where network_mode puts it",
      labels: HOST,
      container: { networks: { bridge: { ip: "172.17.0.2" } } },
      says: [
        "CFA-NETWORK-MISSING",
        "cfauth.network",
        "the container is on bridge, not on tunnel, so cloudflared cannot reach it",
        "write networks: [tunnel] in place of network_mode",
      ],
    },
    {
      name: "a container outside the network that its label names",
      labels: { ...HOST, "cfauth.network": "edge" },
      says: [
        "CFA-NETWORK-MISSING",
        "cfauth.network",
        "the container is on tunnel, not on edge, so cloudflared cannot reach it",
        "add networks: [edge] to the service",
      ],
    },
    {
      name: "a container on a network named like a property of every object",
      labels: { ...HOST, "cfauth.network": "constructor" },
      says: [
        "CFA-NETWORK-MISSING",
        "cfauth.network",
        "the container is on tunnel, not on constructor, so cloudflared cannot reach it",
        "add networks: [constructor] to the service",
      ],
    },
    {
      name: "a container that has no address yet, with addresses as the target",
      labels: HOST,
      container: { networks: { tunnel: { ip: undefined } } },
      settings: { target: "ip" },
      says: [
        "CFA-NETWORK-MISSING",
        "cfauth.network",
        "the container is on tunnel, not on tunnel, so cloudflared cannot reach it",
        "add networks: [tunnel] to the service",
      ],
    },
    {
      name: "an unpublished port, with cloudflared on the host",
      labels: HOST,
      settings: { target: "published" },
      says: [
        "CFA-PORT-NONE",
        "cfauth.port",
        "port 80 of app is not published on the host, where cloudflared looks for it (CFAUTH_TARGET=published)",
        'publish it, ports: ["127.0.0.1:80:80"], or run cloudflared in Docker',
      ],
    },
    {
      name: "a container without an address whose name and id another container answers to",
      labels: HOST,
      container: { id: "0123456789abcdef", networks: { tunnel: { ip: undefined } } },
      others: [
        workload({}, { name: "other-app-1", service: { project: "other", name: "app" } }),
        workload({}, { name: "other-id-1", service: { project: "other", name: "0123456789ab" } }),
      ],
      says: [
        "CFA-NAME-AMBIGUOUS",
        "cfauth.hostname",
        "another container also answers to the name and the id of app on the network tunnel, and the container has no address there, so visitors could reach the other container",
        "remove the aliases app and 0123456789ab from the other container, or take it off the network tunnel",
      ],
    },
    ...["bridge", "host", "none", "ingress", "podman", "docker_gwbridge"].map((network) => ({
      name: `the label network names ${network}`,
      labels: { ...HOST, "cfauth.network": network },
      container: { networks: { tunnel: { ip: "172.18.0.2" }, [network]: { ip: "172.17.0.2" } } },
      says: [
        "CFA-LABEL-VALUE",
        "cfauth.network",
        `cfauth.network="${network}" is a network on which Docker resolves no names, so cloudflared would look for the container elsewhere`,
        "remove cfauth.network",
      ] as const,
    })),
    {
      name: "a label network that names the default bridge, the container's only network",
      labels: { ...HOST, "cfauth.network": "bridge" },
      container: { name: "router", networks: { bridge: { ip: "172.17.0.2" } } },
      says: [
        "CFA-LABEL-VALUE",
        "cfauth.network",
        'cfauth.network="bridge" is a network on which Docker resolves no names, so cloudflared would look for the container elsewhere',
        "remove cfauth.network, and write networks: [tunnel] in place of network_mode",
      ],
    },
  ]);
});

const unknown = (label: string, fix: string): Omit<Row, "name"> => ({
  labels: { ...HOST, [label]: "x" },
  says: [
    "CFA-LABEL-UNKNOWN",
    label,
    `${label} is not a label of cfauth; nothing opens, because it may have asked for protection`,
    fix,
  ],
});

describe("unknown labels", () => {
  expectRefused([
    { name: "a label with a missing letter", ...unknown("cfauth.acess", "write cfauth.access") },
    { name: "a label with two swapped letters", ...unknown("cfauth.prot", "write cfauth.port") },
    { name: "a label in another letter case", ...unknown("cfauth.Port", "write cfauth.port") },
    {
      name: "an option of cloudflared in another letter case",
      ...unknown("cfauth.origin.noTlsVerify", "write cfauth.origin.noTLSVerify"),
    },
    {
      name: "a label with a hyphen for the dot",
      ...unknown("cfauth.access-session", "write cfauth.access.session"),
    },
    {
      name: "a label with an underscore for the hyphen",
      ...unknown("cfauth.wait_healthy", "write cfauth.wait-healthy"),
    },
    {
      name: "a label without a separator",
      ...unknown("cfauth.waithealthy", "write cfauth.wait-healthy"),
    },
    {
      name: "a label that is only the last part of a known one",
      ...unknown("cfauth.session", "write cfauth.access.session"),
    },
    {
      name: "a label with one part too many",
      ...unknown("cfauth.access.sesion", "write cfauth.access.session"),
    },
    {
      name: "an unknown label on a named route",
      ...unknown("cfauth.web.acess", "write cfauth.web.access"),
    },
    {
      name: "a label in another letter case on a named route",
      ...unknown("cfauth.web.Access", "write cfauth.web.access"),
    },
    {
      name: "an option of cloudflared on a named route",
      ...unknown("cfauth.web.origin.noTLSverify", "write cfauth.web.origin.noTLSVerify"),
    },
    {
      name: "a label with a route name and nothing else",
      ...unknown("cfauth.web", "remove it, or look up its name in the label table"),
    },
    {
      name: "a label with a key under a key",
      ...unknown("cfauth.hostname.port", "remove it, or look up its name in the label table"),
    },
    {
      name: "a label without any similar one",
      ...unknown("cfauth.colour", "remove it, or look up its name in the label table"),
    },
    {
      name: "a label that ends with the dot",
      ...unknown("cfauth.", "remove it, or look up its name in the label table"),
    },
    {
      name: "an option of cloudflared that cfauth sets itself",
      ...unknown("cfauth.origin.access", "remove it, or look up its name in the label table"),
    },
    {
      name: "a label with the prefix in another letter case",
      ...unknown("CFAuth.acess", "write cfauth.access"),
    },
    {
      name: "an unknown label with a custom prefix",
      labels: { "tunnel.hostname": "app.example.com", "tunnel.acess": "x" },
      settings: { prefix: "tunnel" },
      says: [
        "CFA-LABEL-UNKNOWN",
        "tunnel.acess",
        "tunnel.acess is not a label of cfauth; nothing opens, because it may have asked for protection",
        "write tunnel.access",
      ],
    },
  ]);
});

const value = (label: string, text: string, why: string, fix: string): Omit<Row, "name"> => ({
  labels: { ...HOST, [`cfauth.${label}`]: text },
  says: ["CFA-LABEL-VALUE", `cfauth.${label}`, `cfauth.${label}="${text}" ${why}`, fix],
});

const DURATION = "write a number and a unit: 30s, 5m, 24h or 7d";

describe("invalid values", () => {
  expectRefused([
    {
      name: "an access value that is nearly authentik",
      ...value("access", "authentic", "is neither authentik nor public", "write authentik"),
    },
    {
      name: "an access value in another letter case",
      ...value("access", "Public", "is neither authentik nor public", "write public"),
    },
    {
      name: "an access value that is neither authentik nor public",
      ...value("access", "none", "is neither authentik nor public", "write authentik or public"),
    },
    {
      name: "an empty access value",
      ...value("access", "", "is neither authentik nor public", "write authentik or public"),
    },
    {
      name: "a scheme that is nearly http",
      ...value("scheme", "htp", "is none of http, https, tcp, ssh, rdp, smb", "write http"),
    },
    {
      name: "a scheme that cloudflared does not have",
      ...value(
        "scheme",
        "gopher",
        "is none of http, https, tcp, ssh, rdp, smb",
        "write http or https or tcp or ssh or rdp or smb",
      ),
    },
    {
      name: "a session without a unit",
      ...value("access.session", "24", "is not a duration", DURATION),
    },
    {
      name: "a session in words",
      ...value("access.session", "1 day", "is not a duration", DURATION),
    },
    {
      name: "a session of less than a minute",
      ...value("access.session", "59s", "is out of range", "write something from 1m to 30d"),
    },
    {
      name: "a session longer than Access accepts",
      ...value("access.session", "31d", "is out of range", "write something from 1m to 30d"),
    },
    {
      name: "a session too large for a number",
      ...value(
        "access.session",
        `${"9".repeat(90)}d`,
        "is out of range",
        "write something from 1m to 30d",
      ),
    },
    {
      name: "a path without a slash",
      ...value("path", "api", "does not begin with a slash", "write /api"),
    },
    {
      name: "a path with ..",
      ...value(
        "path",
        "/api/../admin",
        "has an empty, . or .. segment",
        "write the path as the browser shows it, such as /api/v1",
      ),
    },
    {
      name: "a path with an empty segment",
      ...value(
        "path",
        "//api",
        "has an empty, . or .. segment",
        "write the path as the browser shows it, such as /api/v1",
      ),
    },
    {
      name: "a path with an asterisk",
      ...value(
        "path",
        "/api/*",
        "has characters other than letters, digits and - . _ ~ @ : +",
        "write a plain prefix such as /api; everything below it is covered",
      ),
    },
    {
      name: "a path that is a regular expression",
      ...value(
        "path",
        "/(api|v1)",
        "has characters other than letters, digits and - . _ ~ @ : +",
        "write a plain prefix such as /api; everything below it is covered",
      ),
    },
    {
      name: "a path with an encoded character",
      ...value(
        "path",
        "/a%20b",
        "has characters other than letters, digits and - . _ ~ @ : +",
        "write a plain prefix such as /api; everything below it is covered",
      ),
    },
    {
      name: "wait-healthy=no",
      ...value("wait-healthy", "no", "is neither true nor false", "write false"),
    },
    {
      name: "wait-healthy=maybe",
      ...value("wait-healthy", "maybe", "is neither true nor false", "write true or false"),
    },
    { name: "enable=yes", ...value("enable", "yes", "is neither true nor false", "write true") },
    { name: "enable=off", ...value("enable", "off", "is neither true nor false", "write false") },
    {
      name: "enable=True",
      ...value("enable", "True", "is neither true nor false", "write true or false"),
    },
    {
      name: "a session on a public route",
      labels: { ...HOST, "cfauth.access": "public", "cfauth.access.session": "24h" },
      says: [
        "CFA-LABEL-CLASH",
        "cfauth.access.session",
        'cfauth.access.session="24h" has no effect on a public route',
        "remove cfauth.access.session",
      ],
    },
  ]);
});

const NOT_LISTED =
  "is not listed in CFAUTH_CA_POOLS, and a file that cloudflared does not have would block every change of the tunnel";
const LIST_IT = "add the file to CFAUTH_CA_POOLS once cloudflared has it at that path";
const HOST_NAME = "write a name such as wiki.internal, without a scheme or a path";

describe("options of cloudflared with a wrong type, which would make cloudflared refuse every route", () => {
  expectRefused([
    {
      name: "an invalid flag",
      ...value("origin.noTLSVerify", "yes", "is neither true nor false", "write true"),
    },
    {
      name: "a flag in another letter case",
      ...value("origin.http2Origin", "TRUE", "is neither true nor false", "write true or false"),
    },
    {
      name: "a count with a unit",
      ...value(
        "origin.keepAliveConnections",
        "50s",
        "is not a whole number",
        "write a number such as 100",
      ),
    },
    {
      name: "a negative count",
      ...value(
        "origin.keepAliveConnections",
        "-1",
        "is not a whole number",
        "write a number such as 100",
      ),
    },
    {
      name: "a timeout in words",
      ...value("origin.connectTimeout", "soon", "is not a duration", DURATION),
    },
    {
      name: "a timeout of less than a second",
      ...value(
        "origin.connectTimeout",
        "1500ms",
        "is not a whole number of seconds",
        "write whole seconds, such as 10s",
      ),
    },
    {
      name: "a timeout with a fraction",
      ...value("origin.tlsTimeout", "1.5s", "is not a duration", DURATION),
    },
    {
      name: "a timeout too large for cloudflared",
      ...value(
        "origin.keepAliveTimeout",
        `${"9".repeat(30)}s`,
        "is out of range",
        "write something up to 24h",
      ),
    },
    {
      name: "a proxy type other than socks",
      ...value(
        "origin.proxyType",
        "http",
        "is not a proxy type",
        "write socks, or remove the label",
      ),
    },
    {
      name: "a CA file that the operator does not allow",
      ...value("origin.caPool", "/nonexistent.pem", NOT_LISTED, LIST_IT),
    },
    {
      name: "a CA file with a path that leads elsewhere",
      ...value("origin.caPool", "/etc/ssl/../passwd", NOT_LISTED, LIST_IT),
    },
    {
      name: "an empty CA file",
      ...value("origin.caPool", "", "is empty", "write a value, or remove the label"),
    },
    {
      name: "a Host header with a scheme",
      ...value("origin.httpHostHeader", "http://wiki", "is not a host name", HOST_NAME),
    },
    {
      name: "a server name with a space",
      ...value("origin.originServerName", "wiki internal", "is not a host name", HOST_NAME),
    },
    {
      name: "an empty text option",
      ...value("origin.httpHostHeader", "", "is empty", "write a value, or remove the label"),
    },
  ]);
});

const FORBIDDEN = "use the label port instead, or set CFAUTH_ALLOW_SERVICE=true on cfauth";
const away = (text: string): Omit<Row, "name"> => ({
  labels: { ...HOST, "cfauth.service": text },
  says: [
    "CFA-SERVICE-FORBIDDEN",
    "cfauth.service",
    `cfauth.service="${text}" points away from its own container`,
    FORBIDDEN,
  ],
});
const NOT_TAKEN = "is not an origin that cloudflared accepts";

describe("services that lead away from their own container, or nowhere", () => {
  expectRefused([
    {
      name: "a service that leads to another container",
      ...away("http://db:5432"),
      others: [workload({}, { name: "db" })],
    },
    { name: "a service that leads to a foreign address", ...away("http://192.168.1.1:80") },
    { name: "a service that leads to the host", ...away("http://localhost:8080") },
    {
      name: "a service with a name that another container shares",
      ...away("http://web:80"),
      container: { service: { project: "a", name: "web" } },
      others: [workload({}, { name: "b-web-1", service: { project: "b", name: "web" } })],
    },
    {
      name: "a service with a name that is its own only outside cloudflared's networks",
      ...away("http://web:80"),
      container: {
        service: { project: "a", name: "web" },
        networks: { default: { ip: "172.19.0.2" } },
      },
      others: [workload({}, { name: "b-web-1", service: { project: "b", name: "web" } })],
    },
    { name: "a service that leads to a socket", ...away("unix:/var/run/docker.sock") },
    { name: "a service that leads wherever the visitor wants", ...away("bastion") },
    {
      name: "a service with a path",
      ...value(
        "service",
        "http://app:80/api",
        "has a path, which cloudflared refuses",
        "write http://app:80",
      ),
    },
    {
      name: "a service with a password",
      ...value(
        "service",
        "http://ann:hush@app:80",
        "has a user name or password, which an origin must not have",
        "write http://app:80",
      ),
    },
    {
      name: "a service with a trailing slash",
      ...value(
        "service",
        "http://app:80/",
        "has a path, which cloudflared refuses",
        "write http://app:80",
      ),
    },
    {
      name: "a service without a scheme",
      ...value("service", "app:80", NOT_TAKEN, "write it like http://app:8080"),
    },
    {
      name: "a service with an unknown scheme",
      ...value("service", "ftp://app:80", NOT_TAKEN, "write it like http://app:8080"),
    },
    {
      name: "a service with a port out of range",
      ...value(
        "service",
        "http://app:70000",
        "has a port that is not from 1 to 65535",
        "write it like http://app:8080",
      ),
    },
    {
      name: "a service beside a port label",
      labels: { ...DUAL, "cfauth.service": "http://app:80" },
      says: [
        "CFA-LABEL-CLASH",
        "cfauth.service",
        "cfauth.service and cfauth.port both say where the container listens",
        "remove cfauth.port",
      ],
    },
    {
      name: "a service beside a scheme label",
      labels: { ...HOST, "cfauth.scheme": "https", "cfauth.service": "http://app:80" },
      says: [
        "CFA-LABEL-CLASH",
        "cfauth.service",
        "cfauth.service and cfauth.scheme both say where the container listens",
        "remove cfauth.scheme",
      ],
    },
  ]);
});
