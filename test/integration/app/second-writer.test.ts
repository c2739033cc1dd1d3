/** Other writers of the tunnel's document: one with an old copy, one who edits by hand, and a cloudflared that refuses the document. */
import { expect, it } from "vitest";
import type { IngressRule, TunnelConfiguration } from "../../sandbox/cloudflare/state.ts";
import { startSandbox } from "../../sandbox/index.ts";
import { until } from "../../support/until.ts";
import { fakeEngine } from "../sources/docker/engine.ts";
import { type Home, home } from "./daemon.ts";
import { seedOurTunnel } from "./others.ts";
import { running as runningDaemon } from "./running.ts";
import { stranger } from "./visitor.ts";

const document = (at: Home): TunnelConfiguration => {
  const [found] = at.sandbox.cloudflare.state.configurations.values();
  if (found === undefined) throw new Error("the tunnel has no document");
  return found;
};
const hostnames = (at: Home) =>
  document(at).config.ingress.flatMap(({ hostname }) => hostname ?? []);

/** The hostnames in the document that cloudflared runs. */
const running = (at: Home) =>
  [...at.sandbox.cloudflare.propagation.view().configurations.values()].flatMap(({ config }) =>
    config.ingress.flatMap(({ hostname }) => hostname ?? []),
  );

/** Writes a whole document as the next version, as another writer does. */
function write(at: Home, config: TunnelConfiguration["config"]): void {
  const { configurations } = at.sandbox.cloudflare.state;
  for (const [tunnel, it] of configurations)
    configurations.set(tunnel, { ...it, version: it.version + 1, config: structuredClone(config) });
}

it.each([{ access: "public" }, { access: "authentik" }])(
  "a rule of ours with access=$access that another writer restores after its route closed is removed at the next observation",
  async ({ access }) => {
    await using at = await home();
    await at.run("wiki", { access });
    await at.run("blog");
    await at.settle();
    const old = structuredClone(document(at).config);
    at.stop("wiki");
    await at.settle();
    expect(hostnames(at)).toEqual([at.host("blog")]);
    write(at, old);
    expect(hostnames(at)).toHaveLength(2);
    await at.resync();
    expect(hostnames(at)).toEqual([at.host("blog")]);
    await at.run("wiki", { access });
    await at.settle();
    expect(at.live).toEqual([at.host("blog"), at.host("wiki")]);
  },
);

it("soon after a write cfauth observes only the document and restores what another writer undid", async () => {
  await using at = await home();
  await at.run("wiki");
  await at.settle();
  at.later(60_000);
  await at.settle();
  const old = structuredClone(document(at).config);
  await at.run("blog");
  await at.settle();
  write(at, old);
  at.sandbox.controls.clear();
  at.later(2_100);
  await at.settle();
  const asked = at.sandbox.controls.calls.map(
    ({ method, path }) => `${method} ${path.split("/").at(-1)}`,
  );
  expect(asked).toEqual(["GET configurations", "GET configurations", "PUT configurations"]);
  expect(hostnames(at)).toEqual([at.host("blog"), at.host("wiki")]);
});

it("without another writer, the two observations after a write cost three calls, and no more follow until the resync", async () => {
  await using at = await home();
  await at.run("wiki");
  await at.settle();
  at.sandbox.controls.clear();
  for (const ms of [2_100, 10_100, 20_000, 20_000]) {
    at.later(ms);
    await at.settle();
  }
  const asked = at.sandbox.controls.calls.map(
    ({ method, path }) => `${method} ${path.split("/").at(-1)}`,
  );
  expect(asked).toEqual(["GET configurations", "GET configurations", "GET connections"]);
});

it("a rule made by hand for the rest of our hostname, with a check for the operator's own application, stays byte for byte", async () => {
  await using at = await home();
  await at.run("wiki", { path: "/docs" });
  await at.settle();
  const theirs: IngressRule = {
    hostname: at.host("wiki"),
    service: "http://192.0.2.7:80",
    originRequest: { access: { required: true, teamName: "home", audTag: ["f".repeat(64)] } },
  };
  const { config } = document(at);
  write(at, {
    ...config,
    ingress: [...config.ingress.slice(0, -1), theirs, ...config.ingress.slice(-1)],
  });
  for (let look = 0; look < 3; look++) await at.resync();
  at.stop("wiki");
  await at.settle();
  await at.resync();
  expect(
    document(at)
      .config.ingress.slice(0, -1)
      .map((rule) => JSON.stringify(rule)),
  ).toEqual([JSON.stringify(theirs)]);
});

it("rules that are undone repeatedly are restored at growing intervals, and that is reported", async () => {
  await using at = await home();
  const old = { ingress: [{ service: "http_status:404" }] };
  await at.run("wiki");
  await at.settle();
  const puts = () =>
    at.sandbox.controls.writes("cloudflare").filter(({ path }) => path.endsWith("/configurations"))
      .length;
  const before = puts();
  // One minute, second by second: the other writer undoes each write at once.
  for (let second = 0; second < 60; second++) {
    if (hostnames(at).length > 0) write(at, old);
    at.later(1_000);
    await at.settle();
  }
  expect(puts() - before).toBeLessThanOrEqual(5);
  expect(at.problems.map(({ code }) => code)).toContain("CFA-TUNNEL-CONTESTED");
  at.later(300_000);
  await at.settle();
  expect(hostnames(at)).toEqual([at.host("wiki")]);
});

it("the rule of a label that cloudflared refuses is withdrawn, and closings still take effect", async () => {
  await using at = await home({ settings: { CFAUTH_CA_POOLS: "/gone.pem,/there.pem" } });
  const { state } = at.sandbox.cloudflare;
  state.caFiles = new Set(["/there.pem"]);
  await at.run("open", { access: "public" });
  await at.run("blog");
  await at.settle();
  const quiet = async () => {
    for (let look = 0; look < 20; look++) {
      at.later(10_000);
      await at.settle();
    }
  };
  await quiet();
  expect(await stranger(at.sandbox, at.host("open"))).toBe("this is open: /");

  await at.run("wiki", { "origin.caPool": "/gone.pem" });
  await at.run("good", { "origin.caPool": "/there.pem" });
  await at.settle();
  at.stop("open");
  await at.settle();
  expect(at.problems).toEqual([]);
  // cloudflared keeps the previous rules, so the closing is not in force.
  expect(running(at)).toContain(at.host("open"));
  expect(at.unconfirmed).toEqual([at.host("open")]);

  for (const ms of [2_100, 10_100, 5_000]) {
    at.later(ms);
    await at.settle();
  }
  expect(at.problems.map(({ code }) => code)).toContain("CFA-TUNNEL-BEHIND");
  await quiet();
  expect(at.unconfirmed).toEqual([]);
  expect(running(at)).toEqual([at.host("blog"), at.host("good")]);
  expect(at.live).toEqual([at.host("blog"), at.host("good")]);
  expect(at.problems).toMatchObject([
    { code: "CFA-TUNNEL-RULE", route: at.host("wiki"), container: "wiki" },
  ]);

  at.relabel("wiki");
  await at.settle();
  expect(at.live).toEqual([at.host("blog"), at.host("good"), at.host("wiki")]);
});

it("where Cloudflare rejects the mark, routes open and close without it, and that is reported", async () => {
  await using at = await home({
    furnish: ({ cloudflare: { state } }) => (state.refusesMarks = true),
  });
  await at.run("wiki");
  await at.run("open", { access: "public" });
  await at.settle();
  expect(at.live).toEqual([at.host("open"), at.host("wiki")]);
  expect(JSON.stringify(document(at))).not.toContain("cfauth:");
  expect(at.problems).toMatchObject([{ code: "CFA-TUNNEL-UNMARKED", severity: "warning" }]);
  at.relabel("wiki", { "access.service-tokens": "any" });
  at.stop("open");
  await at.settle();
  expect(hostnames(at)).toEqual([at.host("wiki")]);
});

it("the log reports each change of the rules' version by another writer, with both versions", async () => {
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  const { state } = sandbox.cloudflare;
  const tunnel = seedOurTunnel(sandbox);
  engine.on("/containers/json", (_request, response) => response.end("[]"));
  await using cfauth = await runningDaemon({
    ...sandbox.environment,
    DOCKER_HOST: `unix://${engine.path}`,
  });
  await until(
    () => sandbox.controls.calls.some(({ path }) => path.endsWith("/configurations")),
    "cfauth observed the rules",
  );
  const before = state.configurations.get(tunnel.id) as TunnelConfiguration;
  state.configurations.set(tunnel.id, { ...before, version: before.version + 2 });
  const lines = () =>
    cfauth.lines.filter(({ msg }) => msg === "tunnel rules changed by another writer");
  await until(() => lines().length > 0, "the move was noticed");
  expect(lines()).toMatchObject([{ level: "info", from: before.version, to: before.version + 2 }]);
});
