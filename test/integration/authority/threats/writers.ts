/** Other writers on the same account: other programs, two daemons, the dashboard (T16a, T16c, T20). */

import type { IngressRule } from "../../../sandbox/cloudflare/state.ts";
import { type Home, home } from "../../app/daemon.ts";
import { visitor } from "../../app/visitor.ts";
import { each, type Row } from "./row.ts";

const document = ({ sandbox }: Home): IngressRule[] =>
  [...sandbox.cloudflare.state.configurations.values()][0]?.config.ingress ?? [];

const hostnames = (at: Home): readonly (string | undefined)[] =>
  document(at).map(({ hostname }) => hostname);

/** A person adds a rule by hand, above the last one. */
function addByHand(at: Home, hostname: string): void {
  for (const it of at.sandbox.cloudflare.state.configurations.values()) {
    it.version += 1;
    it.config = {
      ...it.config,
      ingress: [{ hostname, service: "http://192.0.2.7:80" }, ...it.config.ingress],
    };
  }
}

const isWrite = ({ method, path }: { readonly method: string; readonly path: string }): boolean =>
  method === "PUT" && path.endsWith("/configurations");

/** The document after the daemon has converged, when a rule is added by hand after our write was refused. */
const refused = async (
  status: number,
  headers: Readonly<Record<string, string>>,
  times: number,
): Promise<unknown> => {
  await using at = await home();
  await at.run("wiki");
  await at.settle();
  await at.run("blog");
  let added = false;
  at.sandbox.controls.fault(
    isWrite,
    {
      kind: "status",
      status,
      headers,
      body: { success: false, errors: [], messages: [], result: null },
    },
    times,
  );
  at.sandbox.controls.hook((call, moment) => {
    if (added || !isWrite(call) || moment !== "before") return;
    added = true;
    addByHand(at, "hand.home.localhost");
  });
  await at.settle();
  await at.resync();
  return hostnames(at).toSorted();
};

const T16a: readonly Row[] = [
  ...each(
    [
      { input: "429", status: 429, headers: { "retry-after": "0" }, times: 1 },
      { input: "429 twice", status: 429, headers: { "retry-after": "0" }, times: 2 },
      { input: "503", status: 503, headers: {}, times: 1 },
      { input: "400", status: 400, headers: {}, times: 1 },
    ],
    ({ input, status, headers, times }): Row => ({
      threat: "T16a",
      input: `a rule added by hand just before our write of the document is answered ${input}`,
      outcome: () => refused(status, headers, times),
      right: ["blog.home.localhost", "hand.home.localhost", "wiki.home.localhost", undefined],
    }),
  ),
  ...each(
    [1, 2, 3],
    (writes): Row => ({
      threat: "T16a",
      input: `a writer that saves the copy it read at the beginning after each of our first ${writes} writes`,
      outcome: async () => {
        await using at = await home();
        await at.run("wiki", { access: "public" });
        await at.settle();
        const [before] = [...at.sandbox.cloudflare.state.configurations.values()].map(
          ({ config }) => structuredClone(config),
        );
        let left = writes;
        at.sandbox.controls.hook((call, moment) => {
          if (!isWrite(call) || moment !== "after" || left-- <= 0 || before === undefined) return;
          for (const it of at.sandbox.cloudflare.state.configurations.values())
            Object.assign(it, { version: it.version + 1, config: before });
        });
        at.stop("wiki");
        await at.run("blog");
        await at.settle();
        await at.resync();
        await at.resync();
        return hostnames(at);
      },
      right: ["blog.home.localhost", undefined],
    }),
  ),
];

/** Two daemons start at once. The first call of this kind waits until the other daemon also makes it, or converges. */
const together = async (method: string, ending: string): Promise<unknown> => {
  await using at = await home();
  await at.run("wiki");
  const daemons = [at, await at.another()];
  const met = Promise.withResolvers<void>();
  let arrived = 0;
  at.sandbox.controls.hook(async (call, moment) => {
    if (moment !== "before" || call.method !== method || !call.path.endsWith(ending)) return;
    arrived += 1;
    if (arrived > 1) met.resolve();
    await met.promise;
  });
  await Promise.all(daemons.map((daemon) => daemon.settle().finally(met.resolve)));
  for (const daemon of [...daemons, ...daemons]) await daemon.resync();
  const { identityProviders, tunnels, apps, records, tags } = at.sandbox.cloudflare.state;
  const { providers, applications } = at.sandbox.authentik.state;
  return {
    methods: [...identityProviders.values()].filter(({ type }) => type === "oidc").length,
    tunnels: tunnels.size,
    applications: apps.size,
    records: records.size,
    tags: tags.size,
    providers: providers.length,
    logins: applications.filter(({ slug }) => slug === "cf-tunnel-access").length,
    rules: hostnames(at),
  };
};

const T16c: readonly Row[] = each(
  [
    { what: "login method", method: "POST", ending: "/access/identity_providers" },
    { what: "tunnel", method: "POST", ending: "/cfd_tunnel" },
    { what: "Access application", method: "POST", ending: "/access/apps" },
    { what: "provider in Authentik", method: "POST", ending: "/providers/oauth2/" },
  ],
  ({ what, method, ending }): Row => ({
    threat: "T16c",
    input: `two first starts that create the ${what} at the same moment`,
    outcome: () => together(method, ending),
    right: {
      methods: 1,
      tunnels: 1,
      applications: 1,
      records: 1,
      tags: 1,
      providers: 1,
      logins: 1,
      rules: ["wiki.home.localhost", undefined],
    },
  }),
);

/** A person widens the family wiki's protection in the dashboard, bob of the admins logs in, and cfauth observes again. */
const widened = async (widen: (at: Home) => void): Promise<unknown> => {
  await using at = await home();
  await at.run("wiki", { "access.groups": "family" });
  await at.settle();
  const [alice, bob] = [visitor(at.sandbox, "alice"), visitor(at.sandbox, "bob")];
  await alice.open(at.host("wiki"));
  widen(at);
  const meanwhile = await bob.open(at.host("wiki"));
  await at.resync();
  await at.resync();
  return [
    meanwhile,
    await bob.still(at.host("wiki")),
    await bob.open(at.host("wiki")),
    await alice.open(at.host("wiki")),
  ];
};

const everyone = (at: Home): Record<string, unknown>[] =>
  [...at.sandbox.cloudflare.state.identityProviders.values()].map(({ id }) => ({
    login_method: { id },
  }));

const T20: readonly Row[] = each(
  [
    {
      input: "include admits everyone who logs in",
      widen: (at: Home) => {
        for (const policy of at.sandbox.cloudflare.state.policies.values())
          policy.include = [...policy.include, ...everyone(at)];
      },
    },
    {
      input: "include and require name no one in particular",
      widen: (at: Home) => {
        for (const policy of at.sandbox.cloudflare.state.policies.values())
          Object.assign(policy, { include: everyone(at), require: [] });
      },
    },
    {
      input: "a wider policy is linked to the application",
      widen: (at: Home) => {
        const { policies, apps } = at.sandbox.cloudflare.state;
        const [first] = policies.values();
        if (first === undefined) throw new Error("no policy yet");
        policies.set("wide", {
          ...first,
          id: "wide",
          name: "Wide",
          include: everyone(at),
          require: [],
        });
        for (const app of apps.values())
          app.policies = [...app.policies, { id: "wide", precedence: 9 }];
      },
    },
  ],
  ({ input, widen }): Row => ({
    threat: "T20",
    input: `the policy of a route is edited in the dashboard so that ${input}`,
    outcome: () => widened(widen),
    right: [
      "this is wiki: /",
      "log in",
      "403 That account does not have access",
      "this is wiki: /",
    ],
  }),
);

export const WRITER_ROWS = [...T16a, ...T16c, ...T20];
