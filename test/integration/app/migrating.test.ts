/** The migration from DockFlare with its labels unchanged, in the order of docs/migrating.md. */
import { expect, it } from "vitest";
import {
  seedApp,
  seedConfiguration,
  seedPolicy,
  seedRecord,
  seedTunnel,
} from "../../sandbox/cloudflare/seed.ts";
import { tcp, workload } from "../../support/builders.ts";
import { home } from "./daemon.ts";
import { stranger, visitor } from "./visitor.ts";

const WIKI = "wiki.home.localhost";

it("a public hostname of DockFlare stays public until its objects are removed, and is protected from then on", async () => {
  await using at = await home({
    settings: { CFAUTH_READ_LABELS: "dockflare", CFAUTH_DEFAULT_ACCESS: "public" },
  });
  const { state } = at.sandbox.cloudflare;
  const origin = await at.elsewhere("the wiki");
  at.add(
    workload(
      {
        "dockflare.enable": "true",
        "dockflare.hostname": WIKI,
        "dockflare.service": `http://wiki:${origin.port}`,
        "dockflare.access.policy": "bypass",
      },
      { name: "wiki", ports: [tcp(origin.port)] },
    ),
  );
  const tunnel = seedTunnel(state, { name: "cfauth" });
  seedConfiguration(state, tunnel, {
    ingress: [{ hostname: WIKI, service: `http://wiki:${origin.port}` }],
  });
  const record = seedRecord(state, {
    name: WIKI,
    type: "CNAME",
    content: `${tunnel.id}.cfargotunnel.com`,
  });
  const bypass = seedPolicy(state, {
    name: "public-default-bypass",
    decision: "bypass",
    include: [{ everyone: {} }],
  });
  const app = seedApp(state, {
    domain: WIKI,
    policies: [{ id: bypass.id, precedence: 1 }],
    name: `DockFlare-${WIKI}`,
  });

  await at.settle();
  expect(at.problems.map(({ code, label }) => [code, label])).toContainEqual([
    "CFA-CONFLICT-INGRESS",
    "dockflare.hostname",
  ]);
  expect(await stranger(at.sandbox, WIKI)).toBe("this is the wiki: /");
  expect(at.changes.filter(({ subject }) => subject.startsWith(WIKI))).toEqual([]);

  seedConfiguration(state, tunnel, { ingress: [] });
  await at.resync();
  expect(await stranger(at.sandbox, WIKI)).not.toContain("the wiki");

  state.records.delete(record.id);
  await at.resync();
  expect(await stranger(at.sandbox, WIKI)).not.toContain("the wiki");

  state.apps.delete(app.id);
  expect((await at.resync()).errors).toEqual([]);
  expect(at.live).toEqual([WIKI]);
  expect(at.problems.map(({ severity, label }) => [severity, label])).toEqual([
    ["warning", "dockflare.access.policy"],
  ]);
  expect(await stranger(at.sandbox, WIKI)).toBe("log in");
  expect(await visitor(at.sandbox, "alice").open(WIKI)).toBe("this is the wiki: /");
});
