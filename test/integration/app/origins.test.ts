/** How rules that earlier versions wrote become rules of this version, and how other containers affect them. */
import { expect, it } from "vitest";
import type { Workload } from "../../../src/core/domain/workload.ts";
import { tcp, workload } from "../../support/builders.ts";
import { type Home, home } from "./daemon.ts";

const config = (at: Home) => [...at.sandbox.cloudflare.state.configurations.values()][0]?.config;
const services = (at: Home) =>
  config(at)?.ingress.flatMap(({ hostname, service }) => (hostname === undefined ? [] : [service]));

const container = (at: Home, name: string, more: Partial<Workload> = {}): Workload =>
  workload(
    { "cfauth.hostname": at.host(name) },
    { name, id: `${name.padEnd(4, "0")}56789abcdef0`, ports: [tcp(80)], ...more },
  );

/** Writes to the tunnel's document, and writes to everything else. */
const writes = (at: Home) => {
  const all = at.sandbox.controls.writes().map(({ path }) => path);
  return {
    document: all.filter((path) => path.endsWith("/configurations")).length,
    other: all.filter((path) => !path.endsWith("/configurations")),
  };
};

it("rules with a plain name from earlier versions get the name on the network in one write, and nothing closes", async () => {
  await using at = await home();
  const shop = {
    "cfauth.hostname": at.host("shop"),
    "cfauth.access": "public",
    "cfauth.admin.hostname": at.host("shop"),
    "cfauth.admin.path": "/admin",
  };
  at.add(container(at, "wiki"));
  at.add(container(at, "shop", { labels: { ...shop, "cfauth.admin.port": "81" } }));
  await at.settle();
  const now = services(at);
  for (const rule of config(at)?.ingress ?? [])
    rule.service = rule.service.replace(".tunnel:", ":");
  expect(services(at)).not.toEqual(now);
  const before = [...at.sandbox.cloudflare.state.apps.keys()];
  at.sandbox.controls.clear();
  await (await at.another()).settle();
  expect([services(at), writes(at)]).toEqual([now, { document: 1, other: [] }]);
  expect([...at.sandbox.cloudflare.state.apps.keys()]).toEqual(before);
});

it("a rule with a plain name stays while its container restarts, even if other containers run", async () => {
  await using at = await home({
    settings: { CFAUTH_GRACE_PERIOD: "60s", CFAUTH_STARTUP_GRACE_PERIOD: "60s" },
  });
  at.add(container(at, "wiki"));
  await at.settle();
  for (const rule of config(at)?.ingress ?? [])
    rule.service = rule.service.replace(".tunnel:", ":");
  at.stop("wiki");
  at.sandbox.controls.clear();
  await (await at.another()).settle();
  expect([services(at), writes(at)]).toEqual([["http://wiki:80"], { document: 0, other: [] }]);
});

it("another container that claims a container's name changes its rule once and never again", async () => {
  await using at = await home();
  at.add(container(at, "wiki"));
  await at.settle();
  const stranger = workload(
    {},
    { name: "mallory", id: "fedcba9876543210", claimedNames: ["wiki"] },
  );
  at.sandbox.controls.clear();
  for (let i = 0; i < 3; i++) {
    at.add(stranger);
    await at.settle();
    at.stop("mallory");
    await at.settle();
  }
  expect([services(at), writes(at)]).toEqual([
    ["http://wiki56789abc:80"],
    { document: 1, other: [] },
  ]);
  expect(at.live).toEqual([at.host("wiki")]);
});

it("a route whose labels have become invalid leads to the container's id when another container takes its name", async () => {
  await using at = await home();
  at.add(container(at, "wiki"));
  await at.settle();
  at.add(
    container(at, "wiki", { labels: { "cfauth.hostname": at.host("wiki"), "cfauth.port": "x" } }),
  );
  at.add(workload({}, { name: "mallory", id: "fedcba9876543210", claimedNames: ["wiki"] }));
  at.sandbox.controls.clear();
  await at.settle();
  expect([services(at), writes(at)]).toEqual([
    ["http://wiki56789abc:80"],
    { document: 1, other: [] },
  ]);
});

it("CFAUTH_TARGET=id reaches each container by its short id, and a recreated one by its new id, in one write each", async () => {
  await using at = await home({ settings: { CFAUTH_TARGET: "id" } });
  at.add(container(at, "wiki"));
  await at.settle();
  expect(services(at)).toEqual(["http://wiki56789abc:80"]);
  at.sandbox.controls.clear();
  at.add(container(at, "wiki", { id: "a000111122223333" }));
  await at.settle();
  expect([services(at), writes(at)]).toEqual([
    ["http://a00011112222:80"],
    { document: 1, other: [] },
  ]);
});

it.each([
  { what: "a container_name", names: ["wiki"] },
  { what: "two replicas", names: ["home-wiki-1", "home-wiki-2"] },
])(
  "a container that copies the labels of a service with $what waits while the service restarts, and gets nothing afterwards",
  async ({ names }) => {
    await using at = await home({ settings: { CFAUTH_GRACE_PERIOD: "60s" } });
    const labels = { "cfauth.hostname": at.host("wiki"), "cfauth.access": "public" };
    const service = { project: "home", name: "wiki" };
    const members = names.map((name, i) =>
      workload(labels, { name, id: `${i + 1}123456789abcdef`, service }),
    );
    const copy = workload(labels, {
      name: "mallory",
      id: "fedcba9876543210",
      service,
      created: 9_000,
    });
    for (const member of members) at.add(member);
    await at.settle();
    // From here on the copy may answer to the service's name, so the rule uses an id.
    at.add(copy);
    await at.settle();
    const before = services(at);
    expect(before).toEqual(["http://1123456789ab:80"]);
    at.sandbox.controls.clear();
    at.stop(...names);
    const { end } = await at.settle();
    expect([...(end?.decision.memory.services.names.values() ?? [])].flat()).toEqual(
      expect.arrayContaining(names),
    );
    expect(end?.decision.memory.services.names.size).toBe(1);
    expect([services(at), at.sandbox.controls.writes()]).toEqual([before, []]);
    for (const member of members) at.add(member);
    await at.settle();
    expect([services(at), at.problems.map(({ code, container: name }) => [code, name])]).toEqual([
      before,
      [["CFA-HOST-TAKEN", "mallory"]],
    ]);
  },
);
