import { describe, expect, it } from "vitest";
import type { DockerDns } from "../../../../src/clients/docker/dns.ts";
import type { OutsideDns, Workload } from "../../../../src/core/domain/workload.ts";
import { withAnswers } from "../../../../src/sources/docker/answers.ts";
import { outsideProbe } from "../../../../src/sources/docker/outside.ts";
import type { Source } from "../../../../src/sources/source.ts";
import { workload } from "../../../support/builders.ts";

const SELF = "fedcba987654";
const self = workload(
  {},
  {
    id: `${SELF}3210`,
    name: "cfauth",
    networks: { tunnel: { ip: "172.18.0.9" }, socket: { ip: "172.19.0.9" } },
  },
);
const wiki = workload(
  { "cfauth.hostname": "wiki" },
  {
    id: "0123456789abcdef",
    name: "wiki",
    networks: { tunnel: { ip: "172.18.0.2" }, private: { ip: "172.20.0.2" } },
  },
);

/** A DNS that records its queries. */
function dnsOf(
  zone: Readonly<Record<string, readonly string[]>>,
  searchDomains: readonly string[] = [],
) {
  const queries: string[] = [];
  const dns: DockerDns = {
    addresses: async (names) => {
      queries.push(...names);
      return new Map(
        names.flatMap((name) => (zone[name] === undefined ? [] : [[name, zone[name]]])),
      );
    },
    searchDomains: () => searchDomains,
  };
  return { dns, asked: queries };
}

const listed = async (
  workloads: readonly Workload[],
  dns: DockerDns,
  more: {
    readonly hostname?: string;
    readonly outside?: ReadonlyMap<string, OutsideDns>;
    readonly routed?: readonly string[];
  } = {},
) => {
  const source: Source = {
    list: async () => workloads,
    watch: () => ({ ready: Promise.resolve(), close: async () => {} }),
    identity: async () => ({ id: "engine", version: "29" }),
  };
  return withAnswers(source, {
    dns,
    outside: async () => more.outside ?? new Map(),
    hostname: more.hostname ?? SELF,
    isLabelled: ({ labels }) => Object.keys(labels).length > 0,
    networks: () => ["tunnel", "edge"],
    routed: () => more.routed ?? [],
  }).list();
};

describe("queries to Docker's DNS", () => {
  it("Docker's DNS is asked for every host by which a rule may lead to a container, on the networks shared with cloudflared", async () => {
    const { dns, asked: queries } = dnsOf({
      "wiki.tunnel": ["172.18.0.2", "172.18.0.7"],
      "0123456789ab": ["172.18.0.2"],
    });
    const [, found] = await listed(
      [self, { ...wiki, service: { project: "home", name: "docs" } }],
      dns,
    );
    expect(queries).toEqual(["wiki.tunnel", "docs.tunnel", "0123456789ab"]);
    expect(found?.networks).toEqual({
      tunnel: {
        ip: "172.18.0.2",
        answers: { "wiki.tunnel": ["172.18.0.2", "172.18.0.7"], "0123456789ab": ["172.18.0.2"] },
      },
      private: { ip: "172.20.0.2" },
    });
  });

  it("Docker's DNS is asked for the name of a missing container while a rule leads there, and the answer is reported with cfauth's own container", async () => {
    const { dns, asked: queries } = dnsOf({ "nas.tunnel": ["172.18.0.7"] });
    const routed = ["nas.tunnel", "wiki.tunnel", "nas.lan", "0123456789ab", "old.private"];
    const [found] = await listed([self, wiki], dns, { routed });
    expect(queries).toEqual(["wiki.tunnel", "0123456789ab", "nas.tunnel"]);
    expect(found?.networks["tunnel"]).toEqual({
      ip: "172.18.0.9",
      answers: { "nas.tunnel": ["172.18.0.7"] },
    });
  });

  it.each([
    { where: "outside of Docker", workloads: [self, wiki], hostname: "laptop" },
    { where: "in a container that is not listed", workloads: [wiki], hostname: SELF },
    {
      where: "in a container on no network of cloudflared's",
      workloads: [{ ...self, networks: { socket: { ip: "172.19.0.9" } } }, wiki],
      hostname: SELF,
    },
  ])("Docker's DNS is not asked if cfauth runs $where", async ({ workloads, hostname }) => {
    const { dns, asked: queries } = dnsOf({});
    expect(await listed(workloads, dns, { hostname })).toEqual(workloads);
    expect(queries).toEqual([]);
  });

  it("Docker's DNS is asked only for the short id on a network with capitals, because Node sends lower case", async () => {
    const { dns, asked: queries } = dnsOf({});
    const moved = (it: Workload): Workload => ({ ...it, networks: { Edge: { ip: "172.21.0.2" } } });
    const source: Source = {
      list: async () => [moved(self), moved(wiki)],
      watch: () => ({ ready: Promise.resolve(), close: async () => {} }),
      identity: async () => ({ id: "engine", version: "29" }),
    };
    await withAnswers(source, {
      dns,
      outside: async () => new Map(),
      hostname: SELF,
      isLabelled: ({ labels }) => Object.keys(labels).length > 0,
      networks: () => ["Edge"],
      routed: () => ["gone.Edge"],
    }).list();
    expect(queries).toEqual(["0123456789ab"]);
  });

  it("Docker's DNS is not asked for containers that ask for no route", async () => {
    const { dns, asked: queries } = dnsOf({});
    await listed([self, { ...wiki, labels: {} }], dns);
    expect(queries).toEqual([]);
  });

  it("the answers include what the DNS outside answers on the network", async () => {
    const [, found] = await listed([self, wiki], dnsOf({}).dns, {
      outside: new Map([["tunnel", "search"]]),
    });
    expect(found?.networks["tunnel"]).toEqual({ ip: "172.18.0.2", outside: "search" });
  });
});

describe("the DNS outside Docker", () => {
  const probing = (
    zone: Readonly<Record<string, readonly string[]>>,
    searchDomains: readonly string[] = [],
  ) => {
    const { dns, asked: queries } = dnsOf(zone, searchDomains);
    let now = 0;
    const probe = outsideProbe({ dns, uptime: () => now, unknownName: () => "nobody" });
    return {
      asked: queries,
      probe: () => probe(["dev"], 10_000),
      pass: (ms: number) => {
        now += ms;
      },
    };
  };
  const NO = { "nobody.nobody": [], "nobody.dev": [], "nobody.dev.lan": [] };

  it.each<{
    name: string;
    zone: Readonly<Record<string, readonly string[]>>;
    how: OutsideDns | undefined;
  }>([
    { name: "knows no name of the network", zone: NO, how: undefined },
    {
      name: "answers every name",
      zone: { ...NO, "nobody.nobody": ["1.2.3.4"], "nobody.dev": ["1.2.3.4"] },
      how: "any",
    },
    {
      name: "knows a domain named like the network",
      zone: { ...NO, "nobody.dev": ["1.2.3.4"] },
      how: "domain",
    },
    {
      name: "answers in a search domain",
      zone: { ...NO, "nobody.dev.lan": ["192.168.1.7"] },
      how: "search",
    },
    { name: "does not answer", zone: {}, how: undefined },
  ])(
    "a DNS outside that $name is detected with a name that no container has",
    async ({ zone, how }) => {
      expect((await probing(zone, ["lan"]).probe()).get("dev")).toBe(how);
    },
  );

  it("the DNS outside is asked again only after five minutes", async () => {
    const { asked: queries, probe, pass } = probing(NO);
    await probe();
    await probe();
    expect(queries).toHaveLength(2);
    pass(5 * 60_000);
    await probe();
    expect(queries).toHaveLength(4);
  });
});
