import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import type { LabelContext } from "../../../../src/core/labels/context.ts";
import {
  type ContextOptions,
  context,
  decoded,
  everyone,
  plain,
  reachedExposure,
  tcp,
  workload,
} from "../../../support/builders.ts";
import { KNOWN } from "./known.ts";

const BOTH: Partial<LabelContext> = { reads: ["dockflare", "cloudflare.tunnel"], lookups: KNOWN };
const PUBLIC: Partial<LabelContext> = {
  ...BOTH,
  defaults: { access: "public", groups: [], session: "24h" },
};

/** DockFlare's labels for app.example.com with the container's port 80 as origin. */
const DOCKFLARE = {
  "dockflare.enable": "true",
  "dockflare.hostname": "app.example.com",
  "dockflare.service": "http://app:80",
};
const SYNC = {
  "cloudflare.tunnel.enable": "true",
  "cloudflare.tunnel.hostname": "app.example.com",
  "cloudflare.tunnel.service": "http://app:80",
};

function read(
  labels: Workload["labels"],
  settings: Partial<LabelContext> = {},
  more: Partial<Workload> = {},
  others: readonly Workload[] = [],
) {
  const { exposures, faulty, problems } = decoded([workload(labels, more), ...others], {
    ...BOTH,
    ...settings,
  });
  return {
    exposures,
    faulty,
    problems,
    opens: exposures.map(
      ({ route, origin, protection }) =>
        `${route.hostname}${route.path ?? ""} → ${origin.service} ${protection.kind}`,
    ),
    /** Code, severity, label, message, fix. */
    says: problems.map(({ code, severity, label, message, fix }) => [
      code,
      severity,
      label,
      message,
      fix,
    ]),
  };
}

/** The advice of a problem about adoption. */
const ADOPTING = 'write all labels of container app as cfauth.…, with cfauth.adopt: "true",';

describe("labels of another tool", () => {
  it.each([
    { name: "DockFlare's labels", labels: DOCKFLARE, label: "dockflare.hostname" },
    {
      name: "docker-cloudflare-tunnel-sync's labels",
      labels: SYNC,
      label: "cloudflare.tunnel.hostname",
    },
  ])("$name are decoded like ours", ({ labels, label }) => {
    const { exposures, problems } = read(labels);
    expect(problems).toEqual([]);
    expect(exposures).toEqual([
      reachedExposure("app.example.com", { label, adoptHint: ADOPTING, shareLabel: undefined }),
    ]);
  });

  it("labels of another tool are ignored if no setting names the tool", () => {
    expect(decoded([workload({ ...DOCKFLARE, ...SYNC })])).toEqual({
      exposures: [],
      faulty: [],
      problems: [],
    });
    expect(read(SYNC, { reads: ["dockflare"] }).opens).toEqual([]);
    expect(read(DOCKFLARE, { reads: ["cloudflare.tunnel"] }).opens).toEqual([]);
  });

  it.each([
    { name: "without the switch", labels: { ...DOCKFLARE, "dockflare.enable": undefined } },
    { name: "switched off", labels: { ...DOCKFLARE, "dockflare.enable": "false" } },
    { name: "switched off in Go's way", labels: { ...SYNC, "cloudflare.tunnel.enable": "F" } },
  ])(
    "labels of another tool $name open nothing and are no problem, as with that tool",
    ({ labels }) => {
      const given = Object.fromEntries(
        Object.entries(labels).flatMap(([name, text]) =>
          text === undefined ? [] : [[name, text]],
        ),
      );
      expect(read(given)).toMatchObject({ exposures: [], faulty: [], problems: [] });
    },
  );

  it.each(["true", "True", "TRUE", "t", "1", "yes", '"true"'])(
    "labels of another tool are switched on by %s",
    (text) => {
      expect(read({ ...DOCKFLARE, "dockflare.enable": text }).opens).toEqual([
        "app.example.com → http://app.tunnel:80 authentik",
      ]);
    },
  );

  it("labels of another tool are ignored beside one of ours, even one that opens nothing", () => {
    const settings = { ...BOTH };
    expect(read({ ...DOCKFLARE, "cfauth.hostname": "wiki.example.com" }, settings)).toMatchObject({
      opens: ["wiki.example.com → http://app.tunnel:80 authentik"],
      problems: [],
    });
    expect(read({ ...DOCKFLARE, "cfauth.enable": "false" })).toMatchObject({
      exposures: [],
      problems: [],
    });
    expect(
      read({ ...DOCKFLARE, "cfauth.adopt": "true" }).says.map(([code, , label]) => [code, label]),
    ).toEqual([["CFA-LABEL-NO-HOSTNAME", "cfauth.adopt"]]);
  });

  it("of labels of two tools on one container DockFlare's come first, label by label, as in DockFlare itself", () => {
    const labels = {
      ...SYNC,
      "dockflare.hostname": "new.example.com",
      "cloudflare.tunnel.path": "/api",
    };
    expect(read(labels).opens).toEqual(["new.example.com/api → http://app.tunnel:80 authentik"]);
  });

  it("labels of another tool group replicas of one service as ours do", () => {
    const replica = (n: number) =>
      workload(
        { ...DOCKFLARE, "dockflare.service": "http://web:80" },
        { id: `${n}`, name: `home-web-${n}`, service: { project: "home", name: "web" } },
      );
    expect(decoded([replica(1), replica(2)], BOTH)).toMatchObject({
      exposures: [{ workload: "web" }],
      problems: [],
    });
  });
});

describe("several routes of another tool on one container", () => {
  it("DockFlare's numbered labels take missing values from the unnumbered ones", () => {
    const labels = {
      "dockflare.enable": "true",
      "dockflare.service": "http://app:80",
      "dockflare.path": "/ui",
      "dockflare.no_tls_verify": "yes",
      "dockflare.0.hostname": "app.example.com",
      "dockflare.1.hostname": "api.example.com",
      "dockflare.1.service": "https://app:3000",
      "dockflare.1.path": "/v1",
      "dockflare.1.no_tls_verify": "false",
    };
    const { opens, exposures, problems } = read(labels);
    expect(problems).toEqual([]);
    expect(opens).toEqual([
      "app.example.com/ui → http://app.tunnel:80 authentik",
      "api.example.com/v1 → https://app.tunnel:3000 authentik",
    ]);
    expect(exposures.map(({ origin }) => origin.options)).toEqual([
      { noTLSVerify: true },
      { noTLSVerify: false },
    ]);
    expect(exposures.map(({ label }) => label)).toEqual([
      "dockflare.0.hostname",
      "dockflare.1.hostname",
    ]);
  });

  it("DockFlare's numbered labels open beside the unnumbered one, also under its old prefix", () => {
    expect(read({ ...SYNC, "cloudflare.tunnel.0.hostname": "api.example.com" }).opens).toEqual([
      "app.example.com → http://app.tunnel:80 authentik",
      "api.example.com → http://app.tunnel:80 authentik",
    ]);
  });

  it("docker-cloudflare-tunnel-sync's labels end with a name and take nothing from each other", () => {
    const labels = {
      ...SYNC,
      "cloudflare.tunnel.origin.no-tls-verify": "true",
      "cloudflare.tunnel.hostname.admin": "admin.example.com",
      "cloudflare.tunnel.service.admin": "https://app:8443",
      "cloudflare.tunnel.origin.server-name.admin": "app.internal",
      "cloudflare.tunnel.dns.zone.admin": "example.com",
    };
    const { opens, exposures, problems } = read(labels);
    expect(problems).toEqual([]);
    expect(opens).toEqual([
      "app.example.com → http://app.tunnel:80 authentik",
      "admin.example.com → https://app.tunnel:8443 authentik",
    ]);
    expect(exposures.map(({ origin }) => origin.options)).toEqual([
      { noTLSVerify: true },
      { originServerName: "app.internal" },
    ]);
  });

  it("a faulty route of another tool stays closed without closing the others", () => {
    const { opens, faulty, says } = read({
      ...DOCKFLARE,
      "dockflare.0.hostname": "api.example.com",
      "dockflare.0.path": "api",
    });
    expect(opens).toEqual(["app.example.com → http://app.tunnel:80 authentik"]);
    expect(faulty.map(({ route }) => route.hostname)).toEqual(["api.example.com"]);
    expect(says).toEqual([
      [
        "CFA-LABEL-VALUE",
        "error",
        "dockflare.0.path",
        'dockflare.0.path="api" does not begin with a slash',
        "write /api (as a label of cfauth: cfauth.path)",
      ],
    ]);
  });
});

describe("cloudflared's options in labels of another tool", () => {
  it("cloudflared's options are taken over from DockFlare", () => {
    const labels = {
      ...DOCKFLARE,
      "dockflare.originsrvname": "app.internal",
      "dockflare.httpHostHeader": "app.local",
      "dockflare.http2_origin": "true",
      "dockflare.disable_chunked_encoding": "1",
      "dockflare.match_sni_to_host": "no",
      "dockflare.zonename": "example.com",
    };
    const { exposures, problems } = read(labels);
    expect(problems).toEqual([]);
    expect(exposures.map(({ origin }) => origin.options)).toEqual([
      {
        originServerName: "app.internal",
        httpHostHeader: "app.local",
        http2Origin: true,
        disableChunkedEncoding: true,
        matchSNItoHost: false,
      },
    ]);
  });
});

describe("protection in labels of another tool", () => {
  const says = "everyone who can log in with Authentik may enter";
  const fix =
    "to say who may enter, write all labels of the container as cfauth.…, with cfauth.access.groups or cfauth.access.emails";

  it.each([
    { name: "DockFlare's word for public", label: "dockflare.access.policy", text: "bypass" },
    {
      name: "its group that admits anyone",
      label: "dockflare.access.group",
      text: "public-default-bypass",
    },
    {
      name: "the user's own rules",
      label: "dockflare.0.access.custom_rules",
      text: '[{"action":"bypass"}]',
    },
    { name: "its old prefix", label: "cloudflare.tunnel.access.policy", text: "bypass" },
    {
      name: "docker-cloudflare-tunnel-sync's label",
      label: "cloudflare.access.policy.1.action",
      text: "allow",
    },
    { name: "a word of ours", label: "dockflare.access", text: "public" },
  ])(
    "access in labels of another tool is ignored; the route is protected and a warning names the label: $name",
    ({ label, text }) => {
      for (const settings of [BOTH, PUBLIC]) {
        const { opens, says: told } = read({ ...DOCKFLARE, [label]: text }, settings);
        expect(opens).toEqual(["app.example.com → http://app.tunnel:80 authentik"]);
        expect(told).toEqual([
          ["CFA-LABEL-UNKNOWN", "warning", label, `${label} is not read: ${says}`, fix],
        ]);
      }
    },
  );

  it("several ignored access labels are reported at once, with whom the defaults admit", () => {
    const labels = {
      ...DOCKFLARE,
      "dockflare.access.group": "nas",
      "dockflare.access.name": "NAS",
      "cloudflare.access.enable": "true",
    };
    const { says: told, exposures } = read(labels, {
      defaults: { access: "public", groups: ["family", "admins"], session: "8h" },
    });
    expect(told.map(([, , , message]) => message)).toEqual([
      "dockflare.access.group, dockflare.access.name, cloudflare.access.enable are not read: members of family or admins may enter",
    ]);
    expect(exposures).toEqual([
      reachedExposure("app.example.com", {
        shareLabel: undefined,
        adoptHint: ADOPTING,
        label: "dockflare.hostname",
        protection: {
          kind: "authentik",
          session: "8h",
          audience: { ...everyone, groups: ["admins", "family"] },
        },
      }),
    ]);
  });

  it("no default makes a route of another tool public, even if it has no access label", () => {
    expect(read(DOCKFLARE, PUBLIC).opens).toEqual([
      "app.example.com → http://app.tunnel:80 authentik",
    ]);
  });

  it("an open public route is closed, not kept, when such labels are faulty", () => {
    const { faulty } = read(
      { ...DOCKFLARE, "dockflare.access.policy": "bypass", "dockflare.service": "x" },
      PUBLIC,
    );
    expect(faulty.map(({ saysPublic, closeNow }) => [saysPublic, closeNow])).toEqual([
      [false, false],
    ]);
  });

  it("labels of another tool do not open Authentik's own hostname, which would have to be public", () => {
    const { opens, says: told } = read({
      ...DOCKFLARE,
      "dockflare.hostname": "auth.example.com,app.example.com",
      "dockflare.access.policy": "bypass",
    });
    expect(opens).toEqual(["app.example.com → http://app.tunnel:80 authentik"]);
    expect(told[1]).toEqual([
      "CFA-AK-OWN-HOST",
      "error",
      "dockflare.hostname",
      "dockflare.hostname asks for auth.example.com, Authentik's own hostname, which cannot sit behind a login; routes from another tool's labels always do",
      "write cfauth.hostname: auth.example.com and cfauth.port on Authentik's own container",
    ]);
  });

  it("an unknown label of another tool is ignored with a warning", () => {
    expect(read({ ...DOCKFLARE, "dockflare.tailscale": "true" })).toMatchObject({
      opens: ["app.example.com → http://app.tunnel:80 authentik"],
      says: [
        [
          "CFA-LABEL-UNKNOWN",
          "warning",
          "dockflare.tailscale",
          "dockflare.tailscale is not read: cfauth does not know what it asks for",
          "remove it, or write all labels of the container as cfauth.…",
        ],
      ],
    });
  });
});

describe("faulty labels of another tool", () => {
  const FORBIDDEN =
    "write http://app with the port inside the container, or set CFAUTH_ALLOW_SERVICE=true on cfauth (as a label of cfauth: cfauth.service)";
  const LIKE =
    "write it like app.example.com: letters, digits and hyphens between dots (as a label of cfauth: cfauth.hostname)";
  const away = (text: string) => ({
    labels: { "dockflare.service": text },
    says: [
      "CFA-SERVICE-FORBIDDEN",
      "dockflare.service",
      `dockflare.service="${text}" points away from its own container`,
      FORBIDDEN,
    ],
  });

  it.each([
    {
      name: "a switch that is neither on nor off",
      labels: { "dockflare.enable": "maybe" },
      says: [
        "CFA-LABEL-VALUE",
        "dockflare.enable",
        'dockflare.enable="maybe" is neither true nor false',
        "write true or false",
      ],
    },
    {
      name: "a hostname with a scheme",
      labels: { "dockflare.hostname": "https://app.example.com" },
      says: [
        "CFA-LABEL-VALUE",
        "dockflare.hostname",
        'dockflare.hostname="https://app.example.com" has a scheme',
        "write app.example.com (as a label of cfauth: cfauth.hostname)",
      ],
    },
    {
      name: "a missing hostname, which is not invented",
      labels: { "dockflare.hostname": undefined },
      says: [
        "CFA-LABEL-VALUE",
        "dockflare.hostname",
        'dockflare.hostname="" is not a hostname',
        LIKE,
      ],
    },
    {
      name: "a missing service, which is not guessed",
      labels: { "dockflare.service": undefined },
      says: [
        "CFA-LABEL-VALUE",
        "dockflare.service",
        'dockflare.service="" is not an origin that cloudflared accepts',
        "write it like http://app:8080 (as a label of cfauth: cfauth.service)",
      ],
    },
    {
      name: "a path that is a regular expression",
      labels: { "dockflare.path": "/api/.*" },
      says: [
        "CFA-LABEL-VALUE",
        "dockflare.path",
        'dockflare.path="/api/.*" has characters other than letters, digits and - . _ ~ @ : +',
        "write a plain prefix such as /api; everything below it is covered (as a label of cfauth: cfauth.path)",
      ],
    },
    {
      name: "an invalid TLS switch",
      labels: { "dockflare.no_tls_verify": "sometimes" },
      says: [
        "CFA-LABEL-VALUE",
        "dockflare.no_tls_verify",
        'dockflare.no_tls_verify="sometimes" is neither true nor false',
        "write true or false (as a label of cfauth: cfauth.origin.noTLSVerify)",
      ],
    },
    { name: "a service of another container", ...away("http://db:5432") },
    { name: "a service of another machine", ...away("http://192.168.1.5:80") },
    { name: "a service of the machine that cloudflared runs on", ...away("http://localhost:80") },
    { name: "a fixed answer instead of a service", ...away("http_status:200") },
    { name: "a service of cloudflared itself", ...away("bastion") },
  ])(
    "$name in labels of another tool opens nothing, and the fix names our label too",
    ({ labels, says }) => {
      const given = Object.fromEntries(
        Object.entries({ ...DOCKFLARE, ...labels }).flatMap(([name, text]) =>
          text === undefined ? [] : [[name, text]],
        ),
      );
      const { exposures, problems } = read(
        given,
        {},
        { ports: [tcp(80, { ip: "0.0.0.0", port: 80 })] },
        [workload({}, { name: "db" })],
      );
      expect(exposures).toEqual([]);
      expect(problems.map((it) => [it.container, it.severity, it.effect])).toEqual([
        ["app", "error", "closed"],
      ]);
      expect(problems.map(({ code, label, message, fix }) => [code, label, message, fix])).toEqual([
        says,
      ]);
    },
  );

  it("a container that only the other tool's cloudflared could reach opens nothing, and a problem says so", () => {
    const { exposures, says } = read(
      DOCKFLARE,
      {},
      { networks: { "cloudflare-net": { ip: "172.20.0.2" } } },
    );
    expect(exposures).toEqual([]);
    expect(says).toEqual([
      [
        "CFA-NETWORK-MISSING",
        "error",
        "dockflare.service",
        "the container is on cloudflare-net, not on tunnel, so cloudflared cannot reach it",
        "add networks: [tunnel] to the service",
      ],
    ]);
  });

  it("a missing label is named as in the tool that is switched on", () => {
    const { problems } = read({ "cloudflare.tunnel.enable": "true" });
    expect(problems.map(({ label }) => label)).toEqual([
      "cloudflare.tunnel.hostname",
      "cloudflare.tunnel.service",
    ]);
  });

  it("a problem of a numbered route names the number", () => {
    const { says } = read({
      "cloudflare.tunnel.enable": "true",
      "cloudflare.tunnel.3.path": "/x",
      "cloudflare.tunnel.hostname.a": "a.example.com",
    });
    expect(says.map(([, , label]) => label)).toEqual([
      "cloudflare.tunnel.service.a",
      "cloudflare.tunnel.3.hostname",
      "cloudflare.tunnel.3.service",
    ]);
  });
});

describe("a service that is the container itself", () => {
  it.each<{
    service: string;
    to?: string;
    settings?: Partial<LabelContext>;
    container?: Partial<Workload>;
  }>([
    { service: "http://app:8080", to: "http://app.tunnel:8080" },
    { service: "https://app", to: "https://app.tunnel" },
    { service: "http://172.18.0.2:80", to: "http://app.tunnel:80" },
    {
      service: "http://web:80",
      to: "http://home-web-1.tunnel:80",
      container: { name: "home-web-1", service: { project: "home", name: "web" } },
    },
    {
      service: "http://localhost:8080",
      to: "http://127.0.0.1:8080",
      settings: { target: "published" },
      container: { ports: [tcp(80, { ip: "0.0.0.0", port: 8080 })] },
    },
    {
      service: "http://127.0.0.1:8080",
      settings: { target: "published" },
      container: { ports: [tcp(80, { ip: "127.0.0.1", port: 8080 })] },
    },
    {
      service: "http://192.168.1.5:8080",
      settings: { target: "published" },
      container: { ports: [tcp(80, { ip: "192.168.1.5", port: 8080 })] },
    },
    { service: "http://192.168.1.9:80", settings: { allowService: true } },
  ])(
    "the service $service leads to its own container, by the host that only it has",
    ({ service, to = service, settings = {}, container = {} }) => {
      expect(
        read({ ...DOCKFLARE, "dockflare.service": service }, settings, container),
      ).toMatchObject({
        opens: [`app.example.com → ${to} authentik`],
        problems: [],
      });
    },
  );

  it.each<{ service: string; published: { ip: string; port: number } }>([
    { service: "http://localhost:8081", published: { ip: "0.0.0.0", port: 8080 } },
    { service: "http://localhost", published: { ip: "0.0.0.0", port: 8080 } },
    { service: "http://localhost:8080", published: { ip: "192.168.1.5", port: 8080 } },
    { service: "http://192.168.1.6:8080", published: { ip: "192.168.1.5", port: 8080 } },
    { service: "http://[::1]:8080", published: { ip: "0.0.0.0", port: 8080 } },
    { service: "http://127.0.0.1:8080", published: { ip: "::", port: 8080 } },
  ])(
    "the service $service does not lead to its own container if that is published at $published.ip:$published.port",
    ({ service, published }) => {
      const { opens, says } = read(
        { ...DOCKFLARE, "dockflare.service": service },
        { target: "published" },
        { ports: [tcp(80, published)] },
      );
      expect(opens).toEqual([]);
      expect(says.map(([code]) => code)).toEqual(["CFA-SERVICE-FORBIDDEN"]);
    },
  );
});

it("a published port does not belong to a container alone if another one has the same number with the other protocol", () => {
  const ours = { ports: [tcp(80, { ip: "0.0.0.0", port: 8080 })] };
  const other = workload(
    {},
    { id: "other", name: "other", ports: [tcp(80, { ip: "::", port: 8080 })] },
  );
  const asked = (service: string) =>
    read({ ...DOCKFLARE, "dockflare.service": service }, { target: "published" }, ours, [other]);
  expect(asked("http://127.0.0.1:8080").opens).toEqual([
    "app.example.com → http://127.0.0.1:8080 authentik",
  ]);
  expect(asked("http://localhost:8080").says.map(([code]) => code)).toEqual([
    "CFA-SERVICE-FORBIDDEN",
  ]);
});

describe("any labels of other tools", () => {
  const key = fc.oneof(
    fc.constantFrom(
      ..."enable hostname service path no_tls_verify originsrvname httpHostHeader http2_origin zonename access access.policy access.group".split(
        " ",
      ),
      ..."origin.no-tls-verify origin.server-name dns.zone hostname.admin service.admin path.admin hostname. __proto__ constructor".split(
        " ",
      ),
      ..."access.groups access.bypass bypass access.public public adopt scheme port network app.name wait-healthy".split(
        " ",
      ),
    ),
    fc.string({ maxLength: 8 }),
  );
  const name = fc
    .tuple(
      fc.constantFrom("dockflare.", "cloudflare.tunnel.", "cloudflare.access."),
      fc.constantFrom("", "", "0.", "1.", "00.", "web."),
      key,
    )
    .map((parts) => parts.join(""));
  const text = fc.oneof(
    fc.constantFrom(
      "true",
      "yes",
      "false",
      "bypass",
      "public",
      "authentik",
      "app.example.com",
      "auth.example.com",
      "*.example.com",
      "",
    ),
    fc.constantFrom(
      "http://app:80",
      "http://db:80",
      "https://web",
      "http://localhost:8080",
      "http_status:200",
      "/api",
      "/",
      "api",
      "any",
    ),
    fc.string({ unit: "binary", maxLength: 20 }),
  );
  const foreign = fc
    .array(fc.tuple(name, text), { maxLength: 8 })
    .map((entries) => Object.fromEntries(entries));
  const enabled = foreign.map((labels) => ({ ...DOCKFLARE, ...labels }));
  const container = fc.record({
    name: fc.constantFrom("app", "web"),
    id: fc.uuid(),
    labels: fc.oneof(foreign, enabled),
    service: fc.constantFrom(undefined, { project: "home", name: "web" }),
    ports: fc.constantFrom<Workload["ports"]>(
      [],
      [tcp(80)],
      [tcp(80, { ip: "0.0.0.0", port: 8080 })],
    ),
  });
  const settings = fc.record<ContextOptions>({
    reads: fc.constantFrom<LabelContext["reads"]>(
      ["dockflare"],
      ["cloudflare.tunnel"],
      ["dockflare", "cloudflare.tunnel"],
    ),
    target: fc.constantFrom("name", "ip", "published"),
    allowService: fc.boolean(),
    login: fc.constantFrom(
      { host: "auth.example.com", path: "" },
      { host: "app.example.com", path: "/api" },
      { host: "app.example.com", path: "" },
    ),
    defaults: fc.record({
      access: fc.constantFrom("authentik", "public"),
      groups: fc.constantFrom([], ["family"]),
      session: fc.constant("24h"),
    }),
    lookups: fc.constant(KNOWN),
  });

  it("no label of another tool throws, and what opens is protected for exactly those whom the operator's defaults admit", () => {
    let opened = 0;
    fc.assert(
      fc.property(fc.array(container, { maxLength: 3 }), settings, (all, more) => {
        const workloads = all.map((it) => workload(it.labels, it));
        const { exposures, faulty, problems } = decoded(workloads, more);
        opened += exposures.length;
        for (const { protection, display, adopt } of exposures) {
          const { groups, session } = context([], more).defaults;
          expect(protection).toEqual({
            kind: "authentik",
            session,
            audience: { ...everyone, groups },
          });
          expect([display, adopt]).toEqual([plain, false]);
        }
        const logins = new Set([more.login?.host]);
        expect(
          faulty.filter(({ saysPublic, route }) => saysPublic && !logins.has(route.hostname)),
        ).toEqual([]);
        for (const { message, fix } of problems)
          expect(`${message}${fix}`).not.toMatch(/undefined|\[object|NaN/);
      }),
      { numRuns: 1_500 },
    );
    expect(opened).toBeGreaterThan(100);
  });
});
