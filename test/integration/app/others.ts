/** Foreign objects on the same Cloudflare account and in the same Authentik. */

import { groupsIn } from "../../../src/resources/login/claim.ts";
import { addUser } from "../../sandbox/authentik/people.ts";
import { asking } from "../../sandbox/authentik/testing.ts";
import {
  seedApp,
  seedConfiguration,
  seedIdentityProvider,
  seedPolicy,
  seedRecord,
  seedTag,
  seedTunnel,
} from "../../sandbox/cloudflare/seed.ts";
import type { IngressRule } from "../../sandbox/cloudflare/state.ts";
import type { Sandbox } from "../../sandbox/index.ts";
import { OWNER } from "./daemon.ts";

/** The tunnel that cfauth uses, with existing rules and settings. */
export function seedOurTunnel(
  { cloudflare: { state } }: Sandbox,
  ingress: readonly IngressRule[] = [],
) {
  const tunnel = seedTunnel(state, { name: "cfauth" });
  seedConfiguration(state, tunnel, {
    ingress,
    "warp-routing": { enabled: true },
    originRequest: { connectTimeout: 15 },
  });
  return tunnel;
}

/** One foreign object of each kind. */
export async function furnish(sandbox: Sandbox): Promise<void> {
  const { cloudflare, authentik, zone } = sandbox;
  const { state } = cloudflare;
  seedOurTunnel(sandbox, [
    {
      hostname: `nas.${zone}`,
      service: "http://192.0.2.7:5000",
      originRequest: { noTLSVerify: true },
    },
  ]);
  seedRecord(state, { name: `mail.${zone}`, comment: "cfauth: not really" });
  seedTag(state, "family");
  const friends = seedPolicy(state, {
    name: "Friends",
    include: [{ email: { email: "bob@example.com" } }],
  });
  seedApp(state, {
    domain: `nas.${zone}`,
    tags: ["family"],
    policies: [{ id: friends.id, precedence: 1 }],
  });
  seedIdentityProvider(state);
  const tile = {
    name: "Grafana",
    slug: "cfauth-grafana",
    meta_launch_url: `https://grafana.${zone}/`,
    meta_publisher: "Ann",
  };
  await asking(authentik)("POST", "/core/applications/", tile);
}

/** Makes the API token one of an ordinary user with these permissions. */
export function mayOnly({ authentik: { state } }: Sandbox, permissions: readonly string[]): void {
  addUser(state, { username: "cfauth" });
  state.apiToken.username = "cfauth";
  state.apiToken.permissions = new Set(permissions);
}

/** Everything without a mark of ours, as one text. */
export function others({
  cloudflare: { state },
  authentik: { state: known },
  zone,
}: Sandbox): string {
  const ours = [...state.records.values()]
    .filter(({ comment }) => comment === `cfauth:${OWNER}`)
    .map(({ name }) => name);
  const mine = new Set([
    ...ours,
    ...[...state.apps.values()]
      .filter(({ tags }) => tags.includes(`cfauth-${OWNER}`))
      .map(({ domain }) => domain),
  ]);
  return JSON.stringify(
    {
      zone,
      records: [...state.records.values()].filter(({ comment }) => comment !== `cfauth:${OWNER}`),
      apps: [...state.apps.values()].filter(({ tags }) => !tags.includes(`cfauth-${OWNER}`)),
      policies: [...state.policies.values()].filter(
        ({ name }) => !name.startsWith(`cfauth:${OWNER} `),
      ),
      documents: [...state.configurations.values()].map(({ config }) => ({
        ...config,
        ingress: config.ingress.filter(({ hostname = "" }) => !mine.has(hostname)),
      })),
      tunnels: [...state.tunnels.values()],
      tags: [...state.tags.values()].filter(({ name }) => name !== `cfauth-${OWNER}`),
      methods: [...state.identityProviders.values()].filter(({ type }) => type !== "oidc"),
      tokens: [...state.serviceTokens.values()],
      users: known.users,
      groups: known.groups,
      mappings: known.scopeMappings.filter(({ expression }) => groupsIn(expression).length === 0),
      applications: known.applications.filter(
        ({ slug, meta_publisher }) =>
          slug !== "cf-tunnel-access" && meta_publisher !== `cfauth:${OWNER}`,
      ),
      certificates: known.certificates.map(({ pk, name }) => ({ pk, name })),
    },
    undefined,
    1,
  );
}
