import { describe, expect, it } from "vitest";
import { type KnownServices, noServices } from "../../../../src/core/domain/compose.ts";
import type { Workload } from "../../../../src/core/domain/workload.ts";
import { identify } from "../../../../src/core/labels/identity.ts";
import { workload } from "../../../support/builders.ts";

const WEB = { project: "blog", name: "web" };
const of = (name: string, more: Partial<Workload> = {}): Workload =>
  workload({}, { name, id: `id-of-${name}`, service: WEB, ...more });

const parties = (
  workloads: readonly Workload[],
  deployed: readonly string[] = [],
  before: KnownServices = noServices,
) =>
  Object.fromEntries(
    identify(workloads, new Set(deployed), before).workloads.map(({ name, party }) => [
      name,
      party,
    ]),
  );

describe("which containers are one Compose service", () => {
  it.each([
    ["blog-web-1", "blog-web-2"],
    ["blog_web_1", "blog_web_12"],
    ["blog-web-1", "0123456789ab_blog-web-1"],
  ])("%s and %s are replicas of one service", (one, other) => {
    expect(parties([of(one), of(other)])).toEqual({
      [one]: "compose:blog",
      [other]: "compose:blog",
    });
  });

  it.each([
    "mallory",
    "blog-web",
    "blog-web-0",
    "blog-web-1-x",
    "blog-web-x1",
    "x_blog-web-1",
    "blog-webs-1",
    "blog-web_1",
    "blog-web-01",
  ])("%s, which only has the labels, is its own party beside a replica", (name) => {
    expect(parties([of("blog-web-1"), of(name, { created: 1 })])).toEqual({
      "blog-web-1": "compose:blog",
      [name]: `container:${name}`,
    });
  });

  it("a service with a container_name is one container", () => {
    expect(parties([of("wiki")])).toEqual({ wiki: "compose:blog" });
  });

  it("of two containers with custom names the one that a rule leads to is the service, otherwise the older one", () => {
    const two = [of("wiki", { created: 2_000 }), of("mallory")];
    expect(parties(two)).toEqual({ wiki: "container:wiki", mallory: "compose:blog" });
    expect(parties(two, ["wiki"])).toEqual({ wiki: "compose:blog", mallory: "container:mallory" });
  });

  it("containers with Compose's names are the service, in any order of creation and wherever a rule leads", () => {
    const before = identify([of("mallory")], new Set(["mallory"]), noServices).services;
    const now = [of("mallory"), of("blog-web-1", { created: 9_000 })];
    expect(parties(now, ["mallory"], before)).toEqual({
      mallory: "container:mallory",
      "blog-web-1": "compose:blog",
    });
  });

  it("a new rule that leads to a container does not change whether it is the service", () => {
    const two = [of("web"), of("router", { created: 2_000 })];
    const first = identify(two, new Set(), noServices).services;
    const then = identify(two, new Set(["router"]), first).services;
    const expected = { web: "compose:blog", router: "container:router" };
    expect([
      parties(two, ["router"], first),
      parties(two, [], then),
      parties(two, ["router", "web"], then),
    ]).toEqual([expected, expected, expected]);
  });

  it("a copy stays its own party while the replica is recreated under another id and its rule is removed", () => {
    const id = "0123456789abcdef";
    const copy = of("mallory");
    const first = identify(
      [of("blog-web-1", { id }), copy],
      new Set(["0123456789ab", "mallory"]),
      noServices,
    ).services;
    const away = identify([copy], new Set(["0123456789ab", "mallory"]), first);
    const back = identify([of("blog-web-1"), copy], new Set(["mallory"]), away.services);
    const gone = identify([copy], new Set(["mallory"]), back.services);
    expect(
      [away, back, gone].map(
        ({ workloads }) => workloads.find(({ name }) => name === "mallory")?.party,
      ),
    ).toEqual(Array.from({ length: 3 }, () => "container:mallory"));
    expect(back.workloads[0]?.party).toBe("compose:blog");
  });

  it("the container that a rule leads to by its short id is the service", () => {
    expect(
      parties(
        [of("wiki", { created: 2_000, id: "0123456789abcdef" }), of("mallory")],
        ["0123456789ab"],
      )["wiki"],
    ).toBe("compose:blog");
  });

  it("the earlier service stays the service when an older claimant has its own rule", () => {
    const { services } = identify([of("wiki", { created: 2_000 })], new Set(["wiki"]), noServices);
    const now = [of("wiki", { created: 3_000, id: "another" }), of("mallory")];
    expect(parties(now, ["wiki", "mallory"], services)).toEqual({
      wiki: "compose:blog",
      mallory: "container:mallory",
    });
  });

  it("a claimant does not become the service while the replica that a rule leads to is stopped, even after a restart of cfauth", () => {
    expect(parties([of("mallory")], ["blog-web-1"])).toEqual({ mallory: "container:mallory" });
  });

  it("a claimant does not become the service while the container_name or the replicas that a rule leads to are stopped", () => {
    const wiki = identify([of("wiki")], new Set(["wiki"]), noServices).services;
    const replicas = identify(
      [of("blog-web-1"), of("blog-web-2")],
      new Set(["web"]),
      noServices,
    ).services;
    expect(parties([of("mallory")], ["wiki"], wiki)).toEqual({ mallory: "container:mallory" });
    expect(parties([of("mallory")], ["web"], replicas)).toEqual({ mallory: "container:mallory" });
  });

  it("the earlier service is forgotten once no rule leads to it any more", () => {
    const { services } = identify([of("wiki")], new Set(["wiki"]), noServices);
    expect(parties([of("wiki-2")], [], services)).toEqual({ "wiki-2": "compose:blog" });
    expect(identify([], new Set(), services).services).toEqual(noServices);
  });

  it("a container that gets Compose's name again is the service at once", () => {
    const { services } = identify([of("wiki")], new Set(["wiki"]), noServices);
    expect(parties([of("blog-web-1")], ["wiki"], services)).toEqual({
      "blog-web-1": "compose:blog",
    });
  });

  it("a container of another project under a name of Compose's scheme changes nothing for the service", () => {
    const stranger = workload({}, { name: "blog-web-1", service: { project: "other", name: "x" } });
    expect(parties([of("wiki"), stranger], ["blog-web-1"])["wiki"]).toBe("compose:blog");
  });

  it("a container outside the service may still answer to its name", () => {
    const { workloads } = identify([of("blog-web-1"), of("mallory")], new Set(), noServices);
    expect(workloads.map(({ service, claimedNames }) => [service?.name, claimedNames])).toEqual([
      ["web", undefined],
      [undefined, ["web"]],
    ]);
  });
});
