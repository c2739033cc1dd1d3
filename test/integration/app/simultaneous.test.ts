/** Two daemons that start at the same moment on one account converge with one login method and every rule of both. */
import { setImmediate as turnOfTheLoop } from "node:timers/promises";
import { expect, it } from "vitest";
import type { LiveControls } from "../../sandbox/controls.ts";
import { tcp, workload } from "../../support/builders.ts";
import { type Daemon, type Home, home } from "./daemon.ts";

const STARTS = 50;

/** Random numbers from 0 to 1, the same for the same seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Lets calls through one at a time, in random order. Ends when the work is done. */
async function shuffled(
  controls: LiveControls,
  seed: number,
  work: Promise<unknown>,
): Promise<void> {
  const next = random(seed);
  const waiting: (() => void)[] = [];
  const unhook = controls.hook((_call, moment) =>
    moment === "before" ? new Promise<void>((through) => void waiting.push(through)) : undefined,
  );
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  while (!over) {
    const patience = 1 + Math.floor(next() * 4);
    for (let turn = 0; turn < patience; turn++) await turnOfTheLoop();
    waiting.splice(Math.floor(next() * waiting.length), 1)[0]?.();
  }
  unhook();
  for (const through of waiting.splice(0)) through();
  await done;
}

async function theirs(at: Home, name: string): Promise<void> {
  const { service } = await at.elsewhere(name);
  at.add(
    workload(
      { "theirs.hostname": at.host(name) },
      { name, ports: [tcp(Number(new URL(service).port))] },
    ),
  );
}

/** Passes while either daemon asks for another one soon, then a resync of each. */
async function rest(at: Home, daemons: readonly Daemon[]): Promise<void> {
  for (const ms of [2_100, 10_100, 20_000]) {
    at.later(ms);
    for (const daemon of daemons) await daemon.settle();
  }
  for (const daemon of daemons) await daemon.resync();
}

it.each([
  { whose: "with different owners", second: { CFAUTH_OWNER: "b", CFAUTH_LABEL_PREFIX: "theirs" } },
  { whose: "with the same owner and containers", second: {} },
])(
  `two daemons $whose that start at the same moment converge with one login method and every rule (${STARTS / 2} starts)`,
  { timeout: 120_000 },
  async ({ whose, second }) => {
    for (let seed = 1; seed <= STARTS / 2; seed++) {
      await using at = await home();
      const other = await at.another(second);
      await at.run("wiki", { "access.groups": "family" });
      await at.run("open", { access: "public" });
      if (whose.includes("each")) await theirs(at, "notes");
      const both = [at, other];
      await shuffled(
        at.sandbox.controls,
        seed,
        Promise.all(both.map((daemon) => daemon.settle().catch((error: unknown) => error))),
      );
      await rest(at, both);
      const { cloudflare, authentik } = at.sandbox;
      const hostnames = [...cloudflare.state.configurations.values()].map(({ config }) =>
        config.ingress.flatMap(({ hostname }) => hostname ?? []).toSorted(),
      );
      const live = [...new Set([...at.live, ...other.live])].toSorted();
      const wanted = whose.includes("each") ? ["notes", "open", "wiki"] : ["open", "wiki"];
      expect({ seed, hostnames, live }).toEqual({
        seed,
        hostnames: [wanted.map(at.host)],
        live: wanted.map(at.host),
      });
      expect([
        [...cloudflare.state.identityProviders.values()].filter(({ type }) => type === "oidc")
          .length,
        authentik.state.providers.length,
        authentik.state.applications.filter(({ slug }) => slug === "cf-tunnel-access").length,
        cloudflare.state.tunnels.size,
      ]).toEqual([1, 1, 1, 1]);
      at.sandbox.controls.clear();
      await rest(at, both);
      expect(at.sandbox.controls.writes()).toEqual([]);

      at.stop("wiki", "open", "notes");
      await shuffled(
        at.sandbox.controls,
        seed + 1_000,
        Promise.all(both.map((daemon) => daemon.settle().catch((error: unknown) => error))),
      );
      await rest(at, both);
      expect(
        [...cloudflare.state.configurations.values()].map(({ config }) => config.ingress.length),
      ).toEqual([1]);
      expect([cloudflare.state.apps.size, [...cloudflare.state.records.values()].length]).toEqual([
        0, 0,
      ]);
    }
  },
);
