import { describe, expect, it } from "vitest";
import type { Attachment, Workload } from "../../../../src/core/domain/workload.ts";
import type { LabelContext } from "../../../../src/core/labels/context.ts";
import { decoded, workload } from "../../../support/builders.ts";

const HOST = { "cfauth.hostname": "app.example.com" };
const ID = "0123456789abcdef";

const on = (network: string, attachment: Partial<Attachment> = {}) => ({
  [network]: { ip: "172.18.0.2", ...attachment },
});
const app = (more: Partial<Workload> = {}) => workload(HOST, { id: ID, ...more });
const other = (more: Partial<Workload> = {}) =>
  workload(
    {},
    {
      id: "fedcba9876543210",
      name: "other",
      networks: on("tunnel", { ip: "172.18.0.9" }),
      ...more,
    },
  );

const reached = (workloads: readonly Workload[], settings: Partial<LabelContext> = {}) => {
  const { exposures, problems } = decoded(workloads, settings);
  return [
    ...exposures.map(({ origin, detour }) =>
      [origin.service, ...(detour === undefined ? [] : [detour.why])].join(" "),
    ),
    ...problems.map(({ code }) => code),
  ];
};

describe("the host of a rule", () => {
  it.each([
    { name: "app", host: "app.tunnel" },
    { name: "nas.lan", host: "nas.lan.tunnel" },
    { name: "App", host: "App.tunnel" },
    { name: "localhost", host: "localhost.tunnel" },
    { name: "192.168.1.1", host: "192.168.1.1.tunnel" },
    { name: "host.docker.internal", host: "host.docker.internal.tunnel" },
  ])("the host is the name of container $name on its network", ({ name, host }) => {
    expect(reached([app({ name })])).toEqual([`http://${host}:80`]);
  });

  it.each([
    { name: "app.", network: "tunnel" },
    { name: "10.0", network: "0.1" },
    { name: "a".repeat(64), network: "tunnel" },
  ])(
    "the host is the short id if $name on the network $network is no usable name",
    ({ name, network }) => {
      expect(reached([app({ name, networks: on(network) })], { networks: [network] })).toEqual([
        "http://0123456789ab:80 unusable",
      ]);
    },
  );

  it.each([
    { name: "nas", network: "lan" },
    { name: "auth", network: "cloud" },
    { name: "host", network: "docker.internal" },
  ])(
    "the host is the short id if the DNS outside may know $name on the network $network once the container has stopped",
    ({ name, network }) => {
      expect(reached([app({ name, networks: on(network) })], { networks: [network] })).toEqual([
        "http://0123456789ab:80 outside",
      ]);
    },
  );

  it.each<{ who: string; neighbour: Partial<Workload> }>([
    { who: "has the same name in other letters", neighbour: { name: "App" } },
    {
      who: "is of a Compose service of that name",
      neighbour: { service: { project: "x", name: "app" } },
    },
    {
      who: "is a replica of a Compose service of that name",
      neighbour: { name: "x-app-1", service: { project: "x", name: "app" } },
    },
    { who: "has only the label of such a service", neighbour: { claimedNames: ["app"] } },
    { who: "has the short id app", neighbour: { id: "app" } },
    { who: "is called app.tunnel", neighbour: { name: "app.tunnel" } },
    {
      who: "is called app.tunnel on another network of the tunnel",
      neighbour: { name: "app.tunnel", networks: on("edge") },
    },
    {
      who: "says it is the service app.tunnel",
      neighbour: { claimedNames: ["app.tunnel"], networks: on("edge") },
    },
  ])(
    "the host is the short id and the route stays open if another container on the tunnel's networks $who",
    ({ neighbour }) => {
      expect(reached([app(), other(neighbour)], { networks: ["tunnel", "edge"] })).toEqual([
        "http://0123456789ab:80 shared",
      ]);
    },
  );

  it("the host stays the name if another container has that name only on another network, even one of the tunnel's", () => {
    expect(
      reached([app(), other({ claimedNames: ["app"], networks: on("edge") })], {
        networks: ["tunnel", "edge"],
      }),
    ).toEqual(["http://app.tunnel:80"]);
  });

  it("the host is the short id if another container is called app.edge on a network that a label names", () => {
    const behind = workload(
      { "cfauth.hostname": "b.example.com", "cfauth.network": "backend" },
      { id: "b", name: "b", networks: on("backend") },
    );
    const twin = other({ name: "app.tunnel", networks: on("backend") });
    expect([reached([app(), twin]), reached([app(), twin, behind])[0]]).toEqual([
      ["http://app.tunnel:80"],
      "http://0123456789ab:80 shared",
    ]);
  });

  it.each<{ says: string; answers: Attachment["answers"]; host: string }>([
    { says: "nothing that cfauth could hear", answers: undefined, host: "app.tunnel:80" },
    {
      says: "the container's own address",
      answers: { "app.tunnel": ["172.18.0.2"] },
      host: "app.tunnel:80",
    },
    {
      says: "two addresses",
      answers: { "app.tunnel": ["172.18.0.9", "172.18.0.2"] },
      host: "0123456789ab:80 shared",
    },
    {
      says: "another address alone",
      answers: { "app.tunnel": ["172.18.0.9"] },
      host: "0123456789ab:80 shared",
    },
    {
      says: "the address of a machine in the house, and the container's own for the short id",
      answers: { "app.tunnel": ["192.168.1.7"], "0123456789ab": ["172.18.0.2"] },
      host: "0123456789ab:80 unanswered",
    },
    {
      says: "the container's own address and one that no container in the list has",
      answers: { "app.tunnel": ["10.0.1.5", "172.18.0.2"] },
      host: "0123456789ab:80 shared",
    },
    {
      says: "that there is no such name but the short id",
      answers: { "app.tunnel": [], "0123456789ab": ["172.18.0.2"] },
      host: "0123456789ab:80 unanswered",
    },
    {
      says: "that it knows no name of the container, which is just restarting",
      answers: { "app.tunnel": [], "0123456789ab": [] },
      host: "app.tunnel:80",
    },
    {
      says: "an address that the container got after the list",
      answers: { "app.tunnel": ["172.18.0.7"], "0123456789ab": ["172.18.0.7"] },
      host: "app.tunnel:80",
    },
    {
      says: "two addresses for the name and two for the short id",
      answers: {
        "app.tunnel": ["172.18.0.9", "172.18.0.2"],
        "0123456789ab": ["172.18.0.9", "172.18.0.2"],
      },
      host: "172.18.0.2:80 shared",
    },
  ])("if Docker's DNS says $says, the host, port and detour are $host", ({ answers, host }) => {
    expect(
      reached([app({ networks: on("tunnel", answers === undefined ? {} : { answers }) }), other()]),
    ).toEqual([`http://${host}`]);
  });

  it("the host stays the short id while a rule leads there by it, so that a neighbour that comes and goes costs no write", () => {
    const routed = new Set(["0123456789ab"]);
    expect(reached([app()], { routed })).toEqual(["http://0123456789ab:80 kept"]);
    expect(reached([app({ id: "another012345" })], { routed })).toEqual(["http://app.tunnel:80"]);
  });

  it("the host changes from an address back to a name, because only other containers' names had required the address", () => {
    expect(reached([app()], { routed: new Set(["172.18.0.2"]) })).toEqual(["http://app.tunnel:80"]);
  });

  it("with CFAUTH_TARGET=id the host is the short id of every container, and that is no detour", () => {
    expect(reached([app()], { target: "id" })).toEqual(["http://0123456789ab:80"]);
    expect(reached([app({ id: "012345678901cdef" })], { target: "id" })).toEqual([
      "http://012345678901.tunnel:80",
    ]);
  });

  it("with CFAUTH_TARGET=id the host is an address if another container answers to the short id", () => {
    expect(reached([app(), other({ claimedNames: ["0123456789ab"] })], { target: "id" })).toEqual([
      "http://172.18.0.2:80",
    ]);
  });

  it("with CFAUTH_TARGET=ip the host is the container's address, whatever another container is called", () => {
    expect(reached([app(), other({ name: "172.18.0.2" })], { target: "ip" })).toEqual([
      "http://172.18.0.2:80",
    ]);
  });

  it("with CFAUTH_TARGET=ip a container on Docker's default bridge is reached there", () => {
    const there = app({ labels: { ...HOST, "cfauth.network": "bridge" }, networks: on("bridge") });
    expect([reached([there], { target: "ip" }), reached([there])]).toEqual([
      ["http://172.18.0.2:80"],
      ["CFA-LABEL-VALUE"],
    ]);
  });
});

describe("the host of a rule for replicas", () => {
  const replica = (number: number, more: Partial<Workload> = {}): Workload =>
    workload(HOST, {
      id: `${number}123456789abcdef`,
      name: `home-web-${number}`,
      created: number,
      service: { project: "home", name: "web" },
      networks: on("tunnel", { ip: `172.18.0.${number}` }),
      ...more,
    });

  it("the host of replicas is the service's name on the network", () => {
    expect(reached([replica(1), replica(2)])).toEqual(["http://web.tunnel:80"]);
  });

  it("the host of replicas is the short id of the oldest one if another container answers to the service's name", () => {
    expect(reached([replica(2), replica(1), other({ claimedNames: ["web"] })])).toEqual([
      "http://1123456789ab:80 shared",
    ]);
    expect(reached([replica(2), replica(1), other({ name: "web" })])).toEqual([
      "http://1123456789ab:80 shared",
    ]);
  });

  it("the host of replicas stays the short id that a rule leads to while that replica runs", () => {
    const all = [replica(1), replica(2), other({ claimedNames: ["web"] })];
    expect(reached(all, { routed: new Set(["2123456789ab"]) })).toEqual([
      "http://2123456789ab:80 shared",
    ]);
    expect(
      reached(
        all.filter(({ name }) => name !== "home-web-2"),
        { routed: new Set(["2123456789ab"]) },
      ),
    ).toEqual(["http://home-web-1.tunnel:80"]);
  });

  it("the host of replicas is never a service name with a dot, because a label could choose it freely", () => {
    const of = (number: number) =>
      replica(number, {
        name: `home-nas.lan-${number}`,
        service: { project: "home", name: "nas.lan" },
      });
    expect(reached([of(1), of(2)])).toEqual(["http://1123456789ab:80 unusable"]);
  });

  it("the host of replicas is not shared with a container of another name that copies their labels", () => {
    const copy = workload(HOST, {
      id: "fedcba9876543210",
      name: "mallory",
      service: { project: "home", name: "web" },
      created: 9_000,
    });
    const { exposures } = decoded([replica(1), replica(2), copy]);
    expect(
      exposures.map(({ workload: name, party, origin }) => [name, party, origin.service]),
    ).toEqual([
      ["web", "compose:home", "http://1123456789ab:80"],
      ["mallory", "container:mallory", "http://mallory.tunnel:80"],
    ]);
  });
});

describe("the label service", () => {
  const asked = (
    service: string,
    more: Partial<Workload> = {},
    settings: Partial<LabelContext> = {},
    others: readonly Workload[] = [],
  ) =>
    reached(
      [app({ labels: { ...HOST, "cfauth.service": service }, ...more }), ...others],
      settings,
    );

  it.each([
    "app",
    "APP",
    "0123456789ab",
    "app.tunnel",
    "0123456789ab.tunnel",
    "app.backend",
    "172.18.0.2",
  ])(
    "the service %s leads to its own container, and the rule has the host that only it has",
    (host) => {
      expect(
        asked(`http://${host}:8080`, { networks: { ...on("tunnel"), ...on("backend") } }),
      ).toEqual(["http://app.tunnel:8080"]);
    },
  );

  it("the service leads to its own container without a port, with any scheme and by the short id if that is the target", () => {
    expect([
      asked("https://app"),
      asked("tcp://app:22"),
      asked("http://app:81", {}, { target: "id" }),
    ]).toEqual([["https://app.tunnel"], ["tcp://app.tunnel:22"], ["http://0123456789ab:81"]]);
  });

  it.each([
    "http://nas.lan:80",
    "http://NAS.lan:80",
    "http://nas:80",
    "http://nas.lan.:80",
    "http://app.:80",
    "http://app.edge:80",
    "http://192.168.1.7:80",
    "http://127.0.0.1:80",
    "http://127.1:80",
    "http://0x7f000001:80",
    "http://0177.0.0.1:80",
    "http://2130706433:80",
    "http://0.0.0.0:80",
    "http://localhost:80",
    "http://[::1]:80",
    "http://[::ffff:127.0.0.1]:80",
    "http://[::ffff:7f00:1]:80",
    "http://host.docker.internal:2375",
    "http://gateway.docker.internal:80",
    "http://other:80",
    "http://other.tunnel:80",
    "http://172.18.0.9:80",
    "http://fedcba987654:80",
    "http://u:p@nas.lan:80",
    "http://app@nas.lan:80",
    "http://nas\u0661.lan:80",
    "http://172.18.0.\u0662:80",
    "unix:/var/run/docker.sock",
  ])("the service does not lead to %s, whatever the container's Compose labels say", (service) => {
    const host = /^http:\/\/(?:[^@]*@)?(.*?)(:\d+)?$/.exec(service)?.[1] ?? "";
    const says = asked(service, { service: { project: "p", name: host } }, {}, [other()]);
    expect(["CFA-SERVICE-FORBIDDEN", "CFA-LABEL-VALUE"]).toContain(says[0]);
    expect(says).toHaveLength(1);
    const named = asked(service, { name: "p-x-1", service: { project: "p", name: host } }, {}, [
      other(),
    ]);
    expect(named[0]).toMatch(/^CFA-/);
  });

  it("the service does not lead to an address that the container has only outside cloudflared's networks", () => {
    expect(
      asked("http://172.19.0.2:80", {
        networks: { ...on("tunnel"), ...on("backend", { ip: "172.19.0.2" }) },
      }),
    ).toEqual(["CFA-SERVICE-FORBIDDEN"]);
  });

  it("the service leads to the container by its Compose service name if the engine's name confirms it and no other container answers to it", () => {
    const replica = { name: "p-web-1", service: { project: "p", name: "web" } };
    expect(asked("http://web:80", replica)).toEqual(["http://p-web-1.tunnel:80"]);
    expect(asked("http://web:80", replica, {}, [other({ claimedNames: ["web"] })])).toEqual([
      "CFA-SERVICE-FORBIDDEN",
    ]);
    expect(asked("http://web:80", { service: { project: "p", name: "web" } })).toEqual([
      "CFA-SERVICE-FORBIDDEN",
    ]);
  });

  it("the service leads elsewhere as written if the operator allows it", () => {
    expect(asked("http://nas.lan:80", {}, { allowService: true })).toEqual(["http://nas.lan:80"]);
    expect(asked("http://app:80", {}, { allowService: true })).toEqual(["http://app.tunnel:80"]);
  });
});
