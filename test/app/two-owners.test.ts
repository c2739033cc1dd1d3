/** Two installations on one account and one tunnel: each leaves the other's things alone, and comes to rest beside it. */
import { expect, it } from "vitest";
import { tcp, workload } from "../builders.ts";
import { type Daemon, type Home, home } from "./daemon.ts";
import { stranger } from "./visitor.ts";

const second = (at: Home): Promise<Daemon> => at.another({ CFAUTH_OWNER: "b", CFAUTH_LABEL_PREFIX: "theirs" });

/** A container with labels for the second one, which answers on a port of its own. */
async function theirs(at: Home, name: string, labels: Readonly<Record<string, string>> = {}): Promise<void> {
  const { service } = await at.elsewhere(name);
  const all = Object.entries({ hostname: at.host(name), ...labels }).map(([key, text]) => [`theirs.${key}`, text]);
  at.add(workload(Object.fromEntries(all), { name, ports: [tcp(Number(new URL(service).port))] }));
}

it("both come to rest with the same hostnames, groups and addresses, whoever came first", async () => {
  await using at = await home();
  const other = await second(at);
  const labels = { "access.groups": "family", "access.emails": "ann@example.com", "access.bypass": "/hooks" };
  await at.run("wiki", labels);
  await at.run("blog");
  await theirs(at, "notes", labels);
  await theirs(at, "whole", { hostname: at.host("wiki") });
  await theirs(at, "part", { hostname: at.host("wiki"), path: "/hooks" });
  await theirs(at, "around", { hostname: "*.home.localhost", "access.groups": "admins" });
  await Promise.all([at.settle(), other.settle()]);
  for (const daemon of [at, other, at, other]) await daemon.resync();
  at.sandbox.controls.clear();
  for (const daemon of [at, other, at]) await daemon.resync();
  expect(at.sandbox.controls.writes()).toEqual([]);
  expect([...at.live, ...other.live]).toEqual(expect.arrayContaining([at.host("blog"), at.host("notes"), "*.home.localhost"]));
});

it("a public rule that the other one puts back, which read the document before it went, is taken away again", async () => {
  await using at = await home();
  const other = await second(at);
  await at.run("wiki", { access: "public", hostname: "*.home.localhost" });
  await at.settle();
  // The public wildcard of the other owner is around it: a hole in it needs consent.
  await theirs(at, "blog", { adopt: "true" });
  await other.settle();
  const tunnels = () => [...at.sandbox.cloudflare.state.configurations.values()];
  const [read] = tunnels().map(({ config }) => config);
  let late = true;
  at.sandbox.controls.hook(({ method, path }, moment) => {
    if (!late || method !== "PUT" || !path.endsWith("/configurations") || moment !== "after") return;
    late = false;
    for (const it of tunnels()) Object.assign(it, { version: it.version + 1, config: read });
  });
  at.stop("wiki");
  await at.settle();
  expect(tunnels().map(({ config }) => config.ingress.map(({ hostname }) => hostname))).toEqual([[at.host("blog"), undefined]]);
  expect(await stranger(at.sandbox, at.host("blog"))).toBe("log in");
});
