import { describe, expect, it } from "vitest";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import { createNameIndex } from "../../../../src/core/labels/name-index.ts";
import { tcp, workload } from "../../../support/builders.ts";

describe("whether a container runs where a rule leads", () => {
  const published = (ip: string, port: number): Partial<Workload> => ({
    ports: [tcp(80, { ip, port })],
  });

  it.each<{ name: string; service: string; container: Partial<Workload>; reached: boolean }>([
    {
      name: "the container's name on its network",
      service: "http://app.tunnel:80",
      container: {},
      reached: true,
    },
    {
      name: "the container's name in other letter case",
      service: "http://APP.tunnel:80",
      container: {},
      reached: true,
    },
    {
      name: "the container's name on a network in other letter case",
      service: "http://app.Tunnel:80",
      container: {},
      reached: false,
    },
    {
      name: "the container's name on a network that it is not on",
      service: "http://app.edge:80",
      container: {},
      reached: false,
    },
    {
      name: "the container's name with a trailing dot",
      service: "http://app.tunnel.:80",
      container: {},
      reached: true,
    },
    {
      name: "a name with dots on its network",
      service: "http://nas.lan.tunnel:80",
      container: { name: "nas.lan" },
      reached: true,
    },
    {
      name: "the container's short id",
      service: "http://0123456789ab:80",
      container: { id: "0123456789abcdef" },
      reached: true,
    },
    {
      name: "its short id on its network",
      service: "http://0123456789ab.tunnel:80",
      container: { id: "0123456789abcdef" },
      reached: true,
    },
    {
      name: "its full id, which Docker does not answer",
      service: "http://0123456789abcdef:80",
      container: { id: "0123456789abcdef" },
      reached: false,
    },
    {
      name: "the container's plain name, as earlier versions wrote it",
      service: "http://app:80",
      container: {},
      reached: true,
    },
    {
      name: "the container's name at another port",
      service: "http://app:9000",
      container: {},
      reached: true,
    },
    {
      name: "the container's name without a port",
      service: "http://app",
      container: {},
      reached: true,
    },
    {
      name: "the name of its Compose service",
      service: "http://web:80",
      container: { name: "home-web-1", service: { project: "home", name: "web" } },
      reached: true,
    },
    {
      name: "the name of its Compose service on its network",
      service: "http://web.tunnel:80",
      container: { name: "home-web-1", service: { project: "home", name: "web" } },
      reached: true,
    },
    {
      name: "the name of a Compose service that only a label claims",
      service: "http://web.tunnel:80",
      container: { service: { project: "home", name: "web" } },
      reached: false,
    },
    {
      name: "the container's address",
      service: "http://172.18.0.2:80",
      container: {},
      reached: true,
    },
    {
      name: "an address that another container only has as its name",
      service: "http://10.0.0.1:80",
      container: { name: "10.0.0.1" },
      reached: false,
    },
    {
      name: "a name that no container has",
      service: "http://gone:80",
      container: {},
      reached: false,
    },
    {
      name: "a name that only begins like it",
      service: "http://application:80",
      container: {},
      reached: false,
    },
    {
      name: "a published port",
      service: "http://127.0.0.1:8080",
      container: published("127.0.0.1", 8080),
      reached: true,
    },
    {
      name: "a published port of all addresses",
      service: "http://localhost:8080",
      container: published("0.0.0.0", 8080),
      reached: true,
    },
    {
      name: "this machine, by a port published on all addresses",
      service: "http://127.0.0.1:8080",
      container: published("0.0.0.0", 8080),
      reached: true,
    },
    {
      name: "this machine, by a port published on all IPv6 addresses",
      service: "http://127.0.0.1:8080",
      container: published("::", 8080),
      reached: true,
    },
    {
      name: "a port published on this machine, by name",
      service: "http://localhost:8080",
      container: published("127.0.0.1", 8080),
      reached: true,
    },
    {
      name: "a published port of IPv6",
      service: "http://[fd00::1]:8080",
      container: published("fd00::1", 8080),
      reached: true,
    },
    {
      name: "another published port",
      service: "http://localhost:8081",
      container: published("0.0.0.0", 8080),
      reached: false,
    },
    {
      name: "another machine's port of the same number",
      service: "http://192.168.1.7:8080",
      container: published("192.168.1.5", 8080),
      reached: false,
    },
    {
      name: "an address of the machine, by a port published on all addresses",
      service: "http://192.168.1.7:8080",
      container: published("0.0.0.0", 8080),
      reached: true,
    },
    {
      name: "this machine, by a port published on another address of it",
      service: "http://127.0.0.1:8080",
      container: published("192.168.1.5", 8080),
      reached: false,
    },
    {
      name: "a published UDP port with the same number",
      service: "http://127.0.0.1:443",
      container: {
        ports: [{ number: 443, protocol: "udp", published: { ip: "0.0.0.0", port: 443 } }],
      },
      reached: false,
    },
    {
      name: "the answer 503, which leads to no container",
      service: "http_status:503",
      container: {},
      reached: false,
    },
  ])("$name leads to the container: $reached", ({ service, container, reached }) => {
    expect(createNameIndex([workload({}, container)]).leadsTo(service).size > 0).toBe(reached);
  });

  const ids = (set: ReadonlySet<string>) => [...set].toSorted();

  it.each([
    { host: "home-web-1.tunnel", who: ["one"] },
    { host: "home-web-1", who: ["one"] },
    { host: "web.tunnel", who: ["one", "two"] },
    { host: "WEB.tunnel", who: ["one", "two"] },
    { host: "web.edge", who: ["three"] },
    { host: "web", who: ["one", "three", "two"] },
    { host: "a.tunnel", who: ["four"] },
    { host: "other.tunnel", who: [] },
  ])(
    "each container that has or claims the name on the network may answer $host",
    ({ host, who }) => {
      const web = { project: "home", name: "web" };
      const around = createNameIndex([
        workload({}, { id: "one", name: "home-web-1", service: web }),
        workload({}, { id: "two", name: "mallory", claimedNames: ["web"] }),
        workload(
          {},
          {
            id: "three",
            name: "home-web-2",
            service: web,
            networks: { edge: { ip: "172.19.0.2" } },
          },
        ),
        workload({}, { id: "four", name: "a.tunnel", networks: { edge: { ip: "172.19.0.3" } } }),
      ]);
      expect(ids(around.mayAnswer(host, ["tunnel", "edge"]))).toEqual(who);
    },
  );

  describe("beside a container whose labels claim its name", () => {
    const web = workload({}, { name: "web", id: "0123456789abcdef" });
    const claimant = workload(
      {},
      {
        name: "mallory",
        id: "fedcba9876543210",
        claimedNames: ["web"],
        networks: { tunnel: { ip: "172.18.0.9" } },
      },
    );
    const mayLead = (...all: readonly Workload[]) =>
      ids(createNameIndex(all).mayLeadTo("http://web.tunnel:80"));

    it("a rule leads to the container that the engine gives the name, unless Docker's DNS says otherwise", () => {
      expect(ids(createNameIndex([web, claimant]).leadsTo("http://web.tunnel:80"))).toEqual([
        web.id,
      ]);
      expect(mayLead(web, claimant)).toEqual([web.id]);
      const asked = {
        ...web,
        networks: {
          tunnel: { ip: "172.18.0.2", answers: { "web.tunnel": ["172.18.0.2", "172.18.0.9"] } },
        },
      };
      expect(mayLead(asked, claimant)).toEqual([web.id, claimant.id]);
    });

    it("a container that only claims the name may answer while nothing else has it, but never for certain", () => {
      expect(mayLead(claimant)).toEqual([claimant.id]);
      expect(ids(createNameIndex([claimant]).leadsTo("http://web.tunnel:80"))).toEqual([]);
    });
  });
});
