import { describe, expect, it } from "vitest";
import { type KnownServices, noServices, serviceKey } from "../../../../src/core/domain/compose.ts";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import { CATALOGUE, ORIGIN_OPTIONS } from "../../../../src/core/labels/catalogue.ts";
import type { LabelContext } from "../../../../src/core/labels/context.ts";
import {
  anybody,
  decoded,
  members,
  reachedExposure,
  tcp,
  workload,
} from "../../../support/builders.ts";
import { KNOWN } from "./known.ts";

const HOST = { "cfauth.hostname": "app.example.com" };

/** `https://app.example.com/api → http://app.tunnel:80` for every exposure. */
const opens = (workloads: readonly Workload[], settings: Partial<LabelContext> = {}) => {
  const { exposures, problems } = decoded(workloads, settings);
  expect(problems).toEqual([]);
  return exposures.map(
    ({ route, origin }) => `${route.hostname}${route.path ?? ""} → ${origin.service}`,
  );
};

describe("exposures decoded from labels", () => {
  it("a single label is enough: the route is protected and the port is found", () => {
    expect(decoded([workload(HOST)])).toEqual({
      exposures: [reachedExposure("app.example.com")],
      faulty: [],
      problems: [],
    });
  });

  it("a container without labels of cfauth asks for nothing", () => {
    expect(
      decoded([workload({ "traefik.enable": "true", "cfauthor.name": "x", cfauth: "true" })]),
    ).toEqual({
      exposures: [],
      faulty: [],
      problems: [],
    });
  });

  it.each<{
    name: string;
    labels: Workload["labels"];
    to: readonly string[];
    settings?: Partial<LabelContext>;
  }>([
    {
      name: "several hostnames, each opened once",
      labels: { "cfauth.hostname": "a.example.com, b.example.com,a.example.com" },
      to: ["a.example.com → http://app.tunnel:80", "b.example.com → http://app.tunnel:80"],
    },
    {
      name: "the zone itself",
      labels: { "cfauth.hostname": "example.com" },
      to: ["example.com → http://app.tunnel:80"],
    },
    {
      name: "a wildcard",
      labels: { "cfauth.hostname": "*.example.com" },
      to: ["*.example.com → http://app.tunnel:80"],
    },
    {
      name: "a short name",
      labels: { "cfauth.hostname": "wiki" },
      to: ["wiki.example.com → http://app.tunnel:80"],
    },
    {
      name: "a hostname in capitals with a trailing dot",
      labels: { "cfauth.hostname": "App.Example.COM." },
      to: ["app.example.com → http://app.tunnel:80"],
    },
    {
      name: "a hostname with umlauts",
      labels: { "cfauth.hostname": "bücher.example.com" },
      to: ["xn--bcher-kva.example.com → http://app.tunnel:80"],
    },
    {
      name: "a value in quotes and spaces",
      labels: { "cfauth.hostname": ` "app.example.com" `, "cfauth.port": "' 8080 '" },
      to: ["app.example.com → http://app.tunnel:8080"],
    },
    {
      name: "its own name as the hostname, with enable alone",
      labels: { "cfauth.enable": "true" },
      to: ["app.example.com → http://app.tunnel:80"],
    },
    {
      name: "a prefix in other letter case",
      labels: { "CFAuth.hostname": "app.example.com" },
      to: ["app.example.com → http://app.tunnel:80"],
    },
    {
      name: "a path",
      labels: { ...HOST, "cfauth.path": "/api/" },
      to: ["app.example.com/api → http://app.tunnel:80"],
    },
    {
      name: "the path of the whole host",
      labels: { ...HOST, "cfauth.path": "/" },
      to: ["app.example.com → http://app.tunnel:80"],
    },
    {
      name: "a port and a scheme",
      labels: { ...HOST, "cfauth.port": "22", "cfauth.scheme": "ssh" },
      to: ["app.example.com → ssh://app.tunnel:22"],
    },
    {
      name: "the container itself as a whole URL",
      labels: { ...HOST, "cfauth.service": "https://app:8443" },
      to: ["app.example.com → https://app.tunnel:8443"],
    },
    {
      name: "the container itself by its address",
      labels: { ...HOST, "cfauth.service": "http://172.18.0.2:81" },
      to: ["app.example.com → http://app.tunnel:81"],
    },
    {
      name: "another machine, if that is allowed",
      labels: { ...HOST, "cfauth.service": "http://192.168.1.1" },
      to: ["app.example.com → http://192.168.1.1"],
      settings: { allowService: true },
    },
    {
      name: "another machine by IPv6, if that is allowed",
      labels: { ...HOST, "cfauth.service": "http://[fd00::1]:80" },
      to: ["app.example.com → http://[fd00::1]:80"],
      settings: { allowService: true },
    },
    {
      name: "a socket, if that is allowed",
      labels: { ...HOST, "cfauth.service": "unix:/run/app.sock" },
      to: ["app.example.com → unix:/run/app.sock"],
      settings: { allowService: true },
    },
    {
      name: "named routes, one of them public",
      labels: {
        "cfauth.web.hostname": "web.example.com",
        "cfauth.web.port": "80",
        "cfauth.api.hostname": "web.example.com",
        "cfauth.api.path": "/api",
        "cfauth.api.port": "8080",
      },
      to: [
        "web.example.com/api → http://app.tunnel:8080",
        "web.example.com → http://app.tunnel:80",
      ],
    },
    {
      name: "a named route beside the unnamed one",
      labels: { ...HOST, "cfauth.admin.hostname": "admin.example.com", "cfauth.admin.port": "81" },
      to: ["admin.example.com → http://app.tunnel:81", "app.example.com → http://app.tunnel:80"],
    },
  ])("labels can ask for $name", ({ labels, to, settings }) => {
    expect(opens([workload(labels)], settings)).toEqual(to);
  });

  it("enable=true takes the name of the Compose service before that of the container", () => {
    expect(
      opens([
        workload(
          { "cfauth.enable": "true" },
          { name: "home-wiki-1", service: { project: "home", name: "wiki" } },
        ),
      ]),
    ).toEqual(["wiki.example.com → http://home-wiki-1.tunnel:80"]);
  });

  it.each([
    { name: "nothing, so everyone who logs in", labels: {}, protection: members },
    { name: "authentik", labels: { "cfauth.access": "authentik" }, protection: members },
    { name: "public", labels: { "cfauth.access": "public" }, protection: anybody },
    {
      name: "a session of a week",
      labels: { "cfauth.access.session": "7d" },
      protection: { ...members, session: "168h" },
    },
    {
      name: "the shortest session",
      labels: { "cfauth.access.session": "1m" },
      protection: { ...members, session: "1m" },
    },
    {
      name: "the longest session",
      labels: { "cfauth.access.session": "30d" },
      protection: { ...members, session: "720h" },
    },
  ])("the protection is decoded if the labels say $name", ({ labels, protection }) => {
    expect(
      decoded([workload({ ...HOST, ...labels } as Workload["labels"])]).exposures.map(
        (it) => it.protection,
      ),
    ).toEqual([protection]);
  });

  it("a hostname deeper than the free certificate opens with a warning", () => {
    const { exposures, problems } = decoded([workload({ "cfauth.hostname": "a.b.example.com" })]);
    expect(exposures).toEqual([reachedExposure("a.b.example.com")]);
    expect(
      problems.map(({ code, severity, effect, message, fix }) => [
        code,
        severity,
        effect,
        message,
        fix,
      ]),
    ).toEqual([
      [
        "CFA-HOST-TOO-DEEP",
        "warning",
        "unchanged",
        "Cloudflare's free certificate does not cover a.b.example.com, only example.com and one label below it",
        "use a-b.example.com, or order an advanced certificate",
      ],
    ]);
  });

  it("a hostname in a zone below another zone is not too deep", () => {
    expect(
      opens([workload({ "cfauth.hostname": "a.lab.example.com" })], {
        zones: ["example.com", "lab.example.com"],
      }),
    ).toEqual(["a.lab.example.com → http://app.tunnel:80"]);
  });
});

/** Labels that another label requires. */
const beside = (key: string): Workload["labels"] =>
  key === "hostname" || key === "enable" ? {} : HOST;

describe("the examples in the table of labels", () => {
  const rows = CATALOGUE.map(({ key, example }) => ({
    key,
    example,
    opens: key === "access.bypass" ? 3 : 1,
  }));

  it.each(rows)("the documented example $key=$example is accepted", ({ key, example, opens }) => {
    const { exposures, problems } = decoded(
      [workload({ ...beside(key), [`cfauth.${key}`]: example }, { name: "wiki" })],
      {
        lookups: KNOWN,
      },
    );
    expect(problems).toEqual([]);
    expect(exposures.length).toBe(opens);
  });

  it("cloudflared's own options are decoded as cloudflared expects them, with durations in whole seconds", () => {
    const labels = Object.entries(ORIGIN_OPTIONS).map(([option, { example }]) => [
      `cfauth.origin.${option}`,
      example,
    ]);
    const { exposures } = decoded([workload({ ...HOST, ...Object.fromEntries(labels) })], {
      caPools: ["/etc/ssl/home-ca.pem"],
    });
    expect(exposures.map(({ origin }) => origin.options)).toEqual([
      {
        caPool: "/etc/ssl/home-ca.pem",
        connectTimeout: 10,
        disableChunkedEncoding: true,
        http2Origin: true,
        httpHostHeader: "wiki.internal",
        keepAliveConnections: 50,
        keepAliveTimeout: 90,
        matchSNItoHost: true,
        noHappyEyeballs: true,
        noTLSVerify: true,
        originServerName: "wiki.internal",
        proxyType: "socks",
        tcpKeepAlive: 30,
        tlsTimeout: 10,
      },
    ]);
  });

  it.each([
    "wiki\u0000",
    "wiki\r\nX-Admin: 1",
    "wiki/admin",
    "w\u202eiki",
    "wíki",
    "a".repeat(254),
    "wiki:123456",
    "wiki..",
    "-wiki",
    "\ud800",
  ])("a label puts no text but a host name into the tunnel's configuration, not %j", (text) => {
    for (const option of ["httpHostHeader", "originServerName", "caPool"]) {
      const { exposures, problems } = decoded(
        [workload({ ...HOST, [`cfauth.origin.${option}`]: text })],
        { caPools: ["/ca.pem"] },
      );
      expect([exposures, problems.map(({ code }) => code)]).toEqual([[], ["CFA-LABEL-VALUE"]]);
    }
  });

  it.each([
    "wiki.internal",
    "wiki_1",
    "192.168.1.20",
    "[fd00::1]:8443",
    "wiki.internal:8443",
    "a".repeat(253),
  ])("a Host header %s is passed on unchanged", (text) => {
    const { exposures } = decoded([workload({ ...HOST, "cfauth.origin.httpHostHeader": text })]);
    expect(exposures.map(({ origin }) => origin.options)).toEqual([{ httpHostHeader: text }]);
  });

  it("a CA file is accepted only if the operator lists that exact path", () => {
    const opens = (caPool: string) =>
      decoded([workload({ ...HOST, "cfauth.origin.caPool": caPool })], { caPools: ["/ca.pem"] })
        .exposures.length;
    expect(
      ["/ca.pem", "/ca.pem2", "/ca", "//ca.pem", "/./ca.pem", "ca.pem", "/CA.pem"].map(opens),
    ).toEqual([1, 0, 0, 0, 0, 0, 0]);
  });

  it.each([
    { name: "a plain number in seconds", text: "45", seconds: 45 },
    { name: "minutes", text: "2m", seconds: 120 },
    { name: "milliseconds that make whole seconds", text: "3000ms", seconds: 3 },
    { name: "zero", text: "0", seconds: 0 },
  ])("a timeout may be written as $name", ({ text, seconds }) => {
    expect(
      decoded([workload({ ...HOST, "cfauth.origin.connectTimeout": text })]).exposures[0]?.origin
        .options,
    ).toEqual({
      connectTimeout: seconds,
    });
  });
});

describe("replicas of one Compose service", () => {
  const replica = (number: number, more: Partial<Workload> = {}): Workload =>
    workload(HOST, {
      name: `home-web-${number}`,
      service: { project: "home", name: "web" },
      created: number * 1_000,
      ...more,
    });

  it("replicas share one route to the name of the service", () => {
    expect(opens([replica(2), replica(1)])).toEqual(["app.example.com → http://web.tunnel:80"]);
  });

  it("replicas count as old as the oldest of them", () => {
    expect(
      decoded([replica(2), replica(1)]).exposures.map(({ workload: name, created }) => [
        name,
        created,
      ]),
    ).toEqual([["web", 1_000]]);
  });

  it("a single replica is reached by its own name", () => {
    expect(opens([replica(1)])).toEqual(["app.example.com → http://home-web-1.tunnel:80"]);
  });

  it("a remaining replica keeps its origin while the others restart, so that nothing has to be written", () => {
    const routed = new Set(["web.tunnel"]);
    const other = replica(3, { name: "work-web-1", service: { project: "work", name: "web" } });
    const names = new Map([[serviceKey({ project: "home", name: "web" }), ["home-web-1", "web"]]]);
    const leads = (services: KnownServices, ...all: Workload[]) =>
      decoded([replica(1), ...all], { routed, services }).exposures[0]?.origin.service;
    expect([
      leads({ ...noServices, names }),
      leads({ ...noServices, names }, workload({}, other)),
      leads(noServices),
    ]).toEqual([
      "http://web.tunnel:80",
      "http://home-web-1.tunnel:80",
      "http://home-web-1.tunnel:80",
    ]);
  });

  it("replicas whose labels differ are two containers that want the same route", () => {
    expect(opens([replica(1), replica(2, { labels: { ...HOST, "cfauth.port": "81" } })])).toEqual([
      "app.example.com → http://home-web-1.tunnel:80",
      "app.example.com → http://home-web-2.tunnel:81",
    ]);
  });

  it("replicas are not mixed with those of another project", () => {
    const other = replica(3, {
      name: "work-web-1",
      service: { project: "work", name: "web" },
      networks: { other: { ip: "172.30.0.2" } },
    });
    expect(
      decoded([replica(1), replica(2), other]).exposures.map(({ origin }) => origin.service),
    ).toEqual(["http://web.tunnel:80"]);
  });

  it("the route of replicas opens once one of them is healthy", () => {
    expect(
      decoded([replica(1, { health: "starting" }), replica(2, { health: "healthy" })]).exposures[0]
        ?.notReadyReason,
    ).toBeUndefined();
  });
});

describe("the origin of a container", () => {
  it.each<{
    name: string;
    container: Partial<Workload>;
    settings: Partial<LabelContext>;
    to: string;
    labels?: Workload["labels"];
  }>([
    {
      name: "by its name",
      container: {},
      settings: { target: "name" },
      to: "http://app.tunnel:80",
    },
    {
      name: "by its only TCP port, ignoring UDP ports",
      container: {
        ports: [
          tcp(80),
          tcp(80, { ip: "0.0.0.0", port: 8080 }),
          tcp(80, { ip: "::", port: 8081 }),
          { number: 53, protocol: "udp", published: undefined },
        ],
      },
      settings: {},
      to: "http://app.tunnel:80",
    },
    {
      name: "by its address",
      container: {},
      settings: { target: "ip" },
      to: "http://172.18.0.2:80",
    },
    {
      name: "by its address on the first tunnel network that it is on",
      container: { networks: { edge: { ip: "172.21.0.5" }, tunnel: { ip: "172.18.0.2" } } },
      settings: { target: "ip", networks: ["other", "tunnel", "edge"] },
      to: "http://172.18.0.2:80",
    },
    {
      name: "by its address on the network that its label names",
      container: { networks: { edge: { ip: "172.21.0.5" }, tunnel: { ip: "172.18.0.2" } } },
      settings: { target: "ip" },
      labels: { "cfauth.network": "edge" },
      to: "http://172.21.0.5:80",
    },
    {
      name: "by a port published on all addresses",
      container: { ports: [tcp(80, { ip: "0.0.0.0", port: 8080 })] },
      settings: { target: "published" },
      to: "http://127.0.0.1:8080",
    },
    {
      name: "by a port published on all IPv6 addresses",
      container: { ports: [tcp(80, { ip: "::", port: 8080 })] },
      settings: { target: "published" },
      to: "http://[::1]:8080",
    },
    {
      name: "by a port published by IPv4, if Docker chose another number for IPv6",
      container: {
        ports: [tcp(80, { ip: "::", port: 32768 }), tcp(80, { ip: "0.0.0.0", port: 32769 })],
      },
      settings: { target: "published" },
      to: "http://127.0.0.1:32769",
    },
    {
      name: "by a port published on this machine",
      container: { ports: [tcp(80, { ip: "127.0.0.1", port: 8080 })] },
      settings: { target: "published" },
      to: "http://127.0.0.1:8080",
    },
    {
      name: "by a port published on one IPv6 address",
      container: { ports: [tcp(80, { ip: "fd00::1", port: 8080 })] },
      settings: { target: "published" },
      to: "http://[fd00::1]:8080",
    },
    {
      name: "by the published port that its label names",
      container: { ports: [tcp(80, { ip: "", port: 8080 }), tcp(81, { ip: "", port: 8081 })] },
      settings: { target: "published" },
      labels: { "cfauth.port": "81" },
      to: "http://127.0.0.1:8081",
    },
    {
      name: "by a published port without any tunnel network",
      container: { networks: {}, ports: [tcp(80, { ip: "", port: 8080 })] },
      settings: { target: "published" },
      to: "http://127.0.0.1:8080",
    },
  ])("cloudflared reaches a container $name", ({ container, settings, labels, to }) => {
    expect(opens([workload({ ...HOST, ...labels }, container)], settings)).toEqual([
      `app.example.com → ${to}`,
    ]);
  });
});

describe("health checks", () => {
  it.each<{
    name: string;
    health: Workload["health"];
    label?: string;
    setting?: boolean;
    gate: string | undefined;
  }>([
    { name: "a passing health check opens the route", health: "healthy", gate: undefined },
    { name: "a container without a health check opens at once", health: "none", gate: undefined },
    {
      name: "a starting health check delays the route",
      health: "starting",
      gate: "the health check of container app (starting)",
    },
    {
      name: "a failing health check delays the route",
      health: "unhealthy",
      gate: "the health check of container app (unhealthy)",
    },
    {
      name: "the health check is not waited for if the label says so",
      health: "starting",
      label: "false",
      gate: undefined,
    },
    {
      name: "the health check is not waited for if the setting says so",
      health: "starting",
      setting: false,
      gate: undefined,
    },
    {
      name: "the health check is waited for if the label says so, against the setting",
      health: "starting",
      label: "true",
      setting: false,
      gate: "the health check of container app (starting)",
    },
  ])("$name", ({ health, label, setting = true, gate }) => {
    const labels = { ...HOST, ...(label !== undefined && { "cfauth.wait-healthy": label }) };
    expect(decoded([workload(labels, { health })], { waitHealthy: setting }).exposures).toEqual([
      reachedExposure("app.example.com", { notReadyReason: gate }),
    ]);
  });
});
