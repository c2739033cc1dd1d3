import { expect, test } from "vitest";
import { createAccessApplicationDriver } from "../../../src/resources/access-application/driver.ts";
import { createAccessPolicyDriver } from "../../../src/resources/access-policy/driver.ts";
import type { ObservationScope } from "../../../src/resources/contract/driver.ts";
import { createLookupDriver, NO_REFERENCES } from "../../../src/resources/contract/lookups.ts";
import { createDnsRecordDriver } from "../../../src/resources/dns-record/driver.ts";
import { createIngressRuleDriver } from "../../../src/resources/ingress-rule/driver.ts";
import { createLibraryTileDriver } from "../../../src/resources/library-tile/driver.ts";
import { createLoginDriver } from "../../../src/resources/login/driver.ts";
import type { ObservedState } from "../../../src/resources/observed.ts";
import { createTunnelDriver } from "../../../src/resources/tunnel/driver.ts";
import {
  seedApp,
  seedConfiguration,
  seedPolicy,
  seedRecord,
  seedTag,
  seedTunnel,
} from "../../sandbox/cloudflare/seed.ts";
import { authentik, cloudflare, owner } from "../../support/observed-state.ts";

const HOSTS = Array.from({ length: 100 }, (_, n) => `app${n}.example.com`);

test("a resync of 100 converged routes takes six calls to Cloudflare for any number of zones", async () => {
  await using cf = await cloudflare({ zones: ["example.com", "example.net", "example.org"] });
  await using ak = await authentik();
  const { state } = cf.sandbox;
  const tunnel = seedTunnel(state, { name: "cfauth" });
  seedTag(state, "cfauth-home");
  const policy = seedPolicy(state, { name: "cfauth:home everyone" }).id;
  for (const domain of HOSTS)
    seedApp(state, { domain, tags: ["cfauth-home"], policies: [{ id: policy, precedence: 1 }] });
  for (const name of HOSTS)
    seedRecord(state, {
      name,
      type: "CNAME",
      content: `${tunnel.id}.cfargotunnel.com`,
      comment: "cfauth:home",
    });
  seedConfiguration(state, tunnel, {
    ingress: HOSTS.map((hostname) => ({ hostname, service: "http://web:80" })),
  });

  const base = { cloudflare: cf.client, account: cf.account, owner: owner() };
  const login = createLoginDriver({
    ...base,
    authentik: ak.client,
    settings: { slug: "cf-tunnel-access", publicUrl: "https://auth.example.com" },
    flow: "default-provider-authorization-explicit-consent",
  });
  const kinds = {
    login,
    tunnel: createTunnelDriver({
      ...base,
      name: "cfauth",
      tunnelId: undefined,
      tokenFile: undefined,
    }),
    policy: createAccessPolicyDriver(base),
    access: createAccessApplicationDriver(base),
    ingress: createIngressRuleDriver({ ...base, tunnel: () => tunnel.id }),
    dns: createDnsRecordDriver({ ...base, zones: undefined }),
    tile: createLibraryTileDriver({ owner: owner(), authentik: ak.client }),
    lookups: createLookupDriver({ ...base, authentik: ak.client }),
  };
  const look = async (depth: ObservationScope, before?: ObservedState): Promise<ObservedState> => ({
    login: await kinds.login.observe(depth, before?.login),
    tunnel: await kinds.tunnel.observe(depth, before?.tunnel),
    policy: await kinds.policy.observe(depth, before?.policy),
    access: await kinds.access.observe(depth, before?.access),
    ingress: await kinds.ingress.observe(depth, before?.ingress),
    dns: await kinds.dns.observe(depth, before?.dns),
    tile: await kinds.tile.observe(depth, before?.tile),
    lookups: await kinds.lookups.observe(NO_REFERENCES),
  });

  const before = await look("all");
  cf.sandbox.controls.clear();
  expect(await look("routes", before)).toEqual(before);
  expect(cf.sandbox.controls.calls.map(({ path }) => path.split("/").at(-1))).toEqual([
    "identity_providers",
    "policies",
    "apps",
    "configurations",
    // Which rules cloudflared runs. A restarted one may be behind, and no other call shows that.
    "connections",
    "dns_records",
  ]);
  expect(before.access.mine.size).toBe(100);
  expect(before.dns.mine.size).toBe(100);
  expect(before.ingress.rules).toHaveLength(100);
});
