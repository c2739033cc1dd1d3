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

function refuses(rows: readonly Row[]): void {
  it.each(rows)("$name", (row) => {
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

describe("a hostname that is none exposes nothing and says what would be right", () => {
  refuses([
    {
      name: "with a scheme",
      ...bad("https://app.example.com", "has a scheme", "write app.example.com"),
    },
    {
      name: "with a scheme, a port and a path",
      ...bad("https://app.example.com:8443/x", "has a scheme", "write app.example.com"),
    },
    {
      name: "with a port",
      ...bad(
        "app.example.com:80",
        "has a port",
        "write app.example.com; set the container's port with the label port",
      ),
    },
    {
      name: "with a path",
      ...bad(
        "app.example.com/api",
        "has a path",
        "write app.example.com and put the path into the label path",
      ),
    },
    {
      name: "with a query",
      ...bad(
        "app.example.com?x=1",
        "has a path",
        "write app.example.com and put the path into the label path",
      ),
    },
    { name: "with an underscore", ...bad("my_app.example.com", "is not a hostname", LIKE) },
    { name: "with a space", ...bad("my app.example.com", "is not a hostname", LIKE) },
    {
      name: "with a label of 64 characters",
      ...bad(`${"a".repeat(64)}.example.com`, "is not a hostname", LIKE),
    },
    {
      name: "with a hyphen at the end of a label",
      ...bad("app-.example.com", "is not a hostname", LIKE),
    },
    { name: "with two dots in a row", ...bad("app..example.com", "is not a hostname", LIKE) },
    {
      name: "with an asterisk in the middle",
      ...bad("app.*.example.com", "is not a hostname", LIKE),
    },
    {
      name: "with an asterisk as part of a label",
      ...bad("app-*.example.com", "is not a hostname", LIKE),
    },
    { name: "that is an address", ...bad("192.168.1.20", "is not a hostname", LIKE) },
    {
      name: "that is a rule of Traefik",
      ...bad("Host(`app.example.com`)", "is not a hostname", LIKE),
    },
    { name: "that is empty", ...bad("", "is not a hostname", LIKE) },
    {
      name: "that is empty after a comma",
      labels: { "cfauth.hostname": "app.example.com," },
      says: ["CFA-LABEL-VALUE", "cfauth.hostname", 'cfauth.hostname="" is not a hostname', LIKE],
    },
    {
      name: "that is a bare name, where there is no one domain",
      ...bad(
        "wiki",
        "is a bare name, and there is no single domain to complete it with",
        "write it in full, app.example.com, or set CFAUTH_DOMAIN",
      ),
      settings: { domain: undefined },
    },
    {
      name: "that is one of several",
      labels: { "cfauth.hostname": "app.example.com, my_app.example.com" },
      says: [
        "CFA-LABEL-VALUE",
        "cfauth.hostname",
        'cfauth.hostname="my_app.example.com" is not a hostname',
        LIKE,
      ],
    },
    {
      name: "that lies in none of the zones",
      labels: { "cfauth.hostname": "app.other.net" },
      says: [
        "CFA-HOST-NO-ZONE",
        "cfauth.hostname",
        "none of the usable zones (example.com) covers app.other.net",
        "correct it, or give the token Zone · Read and DNS · Edit for the zone of app.other.net",
      ],
    },
    {
      name: "that lies in a zone which CFAUTH_ZONES leaves out, below one that it allows",
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
      name: "that CFAUTH_DOMAIN completes into a zone which CFAUTH_ZONES leaves out",
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
      name: "whose end only looks like a zone",
      labels: { "cfauth.hostname": "app.notexample.com" },
      says: [
        "CFA-HOST-NO-ZONE",
        "cfauth.hostname",
        "none of the usable zones (example.com) covers app.notexample.com",
        "correct it, or give the token Zone · Read and DNS · Edit for the zone of app.notexample.com",
      ],
    },
    {
      name: "where the token sees no zone at all",
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
      name: "that is missing on an unnamed route",
      labels: { "cfauth.port": "80" },
      says: [
        "CFA-LABEL-NO-HOSTNAME",
        "cfauth.port",
        "cfauth.port is set, but no hostname",
        "add cfauth.hostname: app.example.com",
      ],
    },
    {
      name: "that is missing on a named route",
      labels: { "cfauth.web.port": "80" },
      says: [
        "CFA-LABEL-NO-HOSTNAME",
        "cfauth.web.port",
        "cfauth.web.port is set, but no hostname",
        "add cfauth.web.hostname: app.example.com",
      ],
    },
    {
      name: "that enable=true takes from a name which cannot be one",
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

  it("clips what is endless, and shows it on one line", () => {
    const [problem] = decoded([
      workload({ "cfauth.hostname": `a\nb ${"x".repeat(500)}` }),
    ]).problems;
    expect(problem?.message).toBe(`cfauth.hostname="a b ${"x".repeat(96)}" is not a hostname`);
  });
});

const DUAL = { ...HOST, "cfauth.port": "80" };

describe("a container that cannot be reached exposes nothing and says why", () => {
  refuses([
    {
      name: "several exposed ports and no label that names one",
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
      name: "no exposed port",
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
      name: "only an exposed UDP port, on a named route",
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
      name: "a published port",
      labels: { ...HOST, "cfauth.port": "8080:80" },
      says: [
        "CFA-LABEL-VALUE",
        "cfauth.port",
        'cfauth.port="8080:80" is not a port',
        "write a number from 1 to 65535",
      ],
    },
    {
      name: "not on the tunnel network",
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
      name: "on none of several tunnel networks",
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
      name: "on the host's network, beside which Compose takes no other",
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
      name: "on the default bridge alone, where only network_mode puts it",
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
      name: "not on the network that its label names",
      labels: { ...HOST, "cfauth.network": "edge" },
      says: [
        "CFA-NETWORK-MISSING",
        "cfauth.network",
        "the container is on tunnel, not on edge, so cloudflared cannot reach it",
        "add networks: [edge] to the service",
      ],
    },
    {
      name: "on a network whose name every object knows",
      labels: { ...HOST, "cfauth.network": "constructor" },
      says: [
        "CFA-NETWORK-MISSING",
        "cfauth.network",
        "the container is on tunnel, not on constructor, so cloudflared cannot reach it",
        "add networks: [constructor] to the service",
      ],
    },
    {
      name: "without an address yet, where addresses are the target",
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
      name: "a port that is not published, where cloudflared is on the host",
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
      name: "another container that answers to the name and to the id, and no address",
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
      name: "the label network names the default bridge, and the container is on no other network",
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

describe("a label that cfauth does not know exposes nothing, and the nearest one is named", () => {
  refuses([
    { name: "a letter missing", ...unknown("cfauth.acess", "write cfauth.access") },
    { name: "two letters that changed places", ...unknown("cfauth.prot", "write cfauth.port") },
    { name: "another letter case", ...unknown("cfauth.Port", "write cfauth.port") },
    {
      name: "another letter case in an option of cloudflared",
      ...unknown("cfauth.origin.noTlsVerify", "write cfauth.origin.noTLSVerify"),
    },
    {
      name: "a hyphen for the dot",
      ...unknown("cfauth.access-session", "write cfauth.access.session"),
    },
    {
      name: "an underscore for the hyphen",
      ...unknown("cfauth.wait_healthy", "write cfauth.wait-healthy"),
    },
    { name: "no separator", ...unknown("cfauth.waithealthy", "write cfauth.wait-healthy") },
    { name: "the last part alone", ...unknown("cfauth.session", "write cfauth.access.session") },
    { name: "a part too many", ...unknown("cfauth.access.sesion", "write cfauth.access.session") },
    { name: "on a named route", ...unknown("cfauth.web.acess", "write cfauth.web.access") },
    {
      name: "in another letter case on a named route",
      ...unknown("cfauth.web.Access", "write cfauth.web.access"),
    },
    {
      name: "an option of cloudflared on a named route",
      ...unknown("cfauth.web.origin.noTLSverify", "write cfauth.web.origin.noTLSVerify"),
    },
    {
      name: "a route name and nothing else",
      ...unknown("cfauth.web", "remove it, or look up its name in the label table"),
    },
    {
      name: "a key under a key",
      ...unknown("cfauth.hostname.port", "remove it, or look up its name in the label table"),
    },
    {
      name: "something else altogether",
      ...unknown("cfauth.colour", "remove it, or look up its name in the label table"),
    },
    {
      name: "nothing after the dot",
      ...unknown("cfauth.", "remove it, or look up its name in the label table"),
    },
    {
      name: "an option that cloudflared has and cfauth sets itself",
      ...unknown("cfauth.origin.access", "remove it, or look up its name in the label table"),
    },
    {
      name: "the prefix in another letter case",
      ...unknown("CFAuth.acess", "write cfauth.access"),
    },
    {
      name: "with a prefix of one's own",
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

describe("a value that the label does not take exposes nothing", () => {
  refuses([
    {
      name: "an access that is nearly authentik",
      ...value("access", "authentic", "is neither authentik nor public", "write authentik"),
    },
    {
      name: "an access in another letter case",
      ...value("access", "Public", "is neither authentik nor public", "write public"),
    },
    {
      name: "an access that is neither",
      ...value("access", "none", "is neither authentik nor public", "write authentik or public"),
    },
    {
      name: "an access that is empty",
      ...value("access", "", "is neither authentik nor public", "write authentik or public"),
    },
    {
      name: "a scheme that is nearly http",
      ...value("scheme", "htp", "is none of http, https, tcp, ssh, rdp, smb", "write http"),
    },
    {
      name: "a scheme that cloudflared has not",
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
      name: "a session of more than Access takes",
      ...value("access.session", "31d", "is out of range", "write something from 1m to 30d"),
    },
    {
      name: "a session beyond all numbers",
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
      name: "a path with a way up",
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

describe("an option of cloudflared with a value of another type exposes nothing: it would make cloudflared refuse every route", () => {
  refuses([
    {
      name: "a flag that is no flag",
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
      name: "a count below nothing",
      ...value(
        "origin.keepAliveConnections",
        "-1",
        "is not a whole number",
        "write a number such as 100",
      ),
    },
    {
      name: "a wait in words",
      ...value("origin.connectTimeout", "soon", "is not a duration", DURATION),
    },
    {
      name: "a wait of a part of a second",
      ...value(
        "origin.connectTimeout",
        "1500ms",
        "is not a whole number of seconds",
        "write whole seconds, such as 10s",
      ),
    },
    {
      name: "a wait with a fraction",
      ...value("origin.tlsTimeout", "1.5s", "is not a duration", DURATION),
    },
    {
      name: "a wait that cloudflared cannot count",
      ...value(
        "origin.keepAliveTimeout",
        `${"9".repeat(30)}s`,
        "is out of range",
        "write something up to 24h",
      ),
    },
    {
      name: "a proxy that is not socks",
      ...value(
        "origin.proxyType",
        "http",
        "is not a proxy type",
        "write socks, or remove the label",
      ),
    },
    {
      name: "a CA file that the operator has not allowed",
      ...value("origin.caPool", "/nonexistent.pem", NOT_LISTED, LIST_IT),
    },
    {
      name: "a CA file with a path that leads elsewhere",
      ...value("origin.caPool", "/etc/ssl/../passwd", NOT_LISTED, LIST_IT),
    },
    {
      name: "a CA file that is empty",
      ...value("origin.caPool", "", "is empty", "write a value, or remove the label"),
    },
    {
      name: "a Host header with a scheme",
      ...value("origin.httpHostHeader", "http://wiki", "is not a host name", HOST_NAME),
    },
    {
      name: "a server name with a blank",
      ...value("origin.originServerName", "wiki internal", "is not a host name", HOST_NAME),
    },
    {
      name: "a text that is empty",
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

describe("a service that leads away from its own container, or nowhere, exposes nothing", () => {
  refuses([
    {
      name: "to another container",
      ...away("http://db:5432"),
      others: [workload({}, { name: "db" })],
    },
    { name: "to an address of somebody else", ...away("http://192.168.1.1:80") },
    { name: "to the host", ...away("http://localhost:8080") },
    {
      name: "to a name that another container shares",
      ...away("http://web:80"),
      container: { service: { project: "a", name: "web" } },
      others: [workload({}, { name: "b-web-1", service: { project: "b", name: "web" } })],
    },
    {
      name: "to a name that is its own only where cloudflared is not",
      ...away("http://web:80"),
      container: {
        service: { project: "a", name: "web" },
        networks: { default: { ip: "172.19.0.2" } },
      },
      others: [workload({}, { name: "b-web-1", service: { project: "b", name: "web" } })],
    },
    { name: "to a socket", ...away("unix:/var/run/docker.sock") },
    { name: "to wherever the visitor wants", ...away("bastion") },
    {
      name: "with a path",
      ...value(
        "service",
        "http://app:80/api",
        "has a path, which cloudflared refuses",
        "write http://app:80",
      ),
    },
    {
      name: "with a password",
      ...value(
        "service",
        "http://ann:hush@app:80",
        "has a user name or password, which an origin must not have",
        "write http://app:80",
      ),
    },
    {
      name: "with a closing slash",
      ...value(
        "service",
        "http://app:80/",
        "has a path, which cloudflared refuses",
        "write http://app:80",
      ),
    },
    {
      name: "without a scheme",
      ...value("service", "app:80", NOT_TAKEN, "write it like http://app:8080"),
    },
    {
      name: "with a scheme of its own",
      ...value("service", "ftp://app:80", NOT_TAKEN, "write it like http://app:8080"),
    },
    {
      name: "with a port beyond all ports",
      ...value(
        "service",
        "http://app:70000",
        "has a port that is not from 1 to 65535",
        "write it like http://app:8080",
      ),
    },
    {
      name: "beside a port",
      labels: { ...DUAL, "cfauth.service": "http://app:80" },
      says: [
        "CFA-LABEL-CLASH",
        "cfauth.service",
        "cfauth.service and cfauth.port both say where the container listens",
        "remove cfauth.port",
      ],
    },
    {
      name: "beside a scheme",
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
