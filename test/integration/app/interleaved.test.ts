/**
 * A second writer of the tunnel's document reads it at one moment of our work and writes it at another, for every pair of moments.
 * It observes once more after its write, as cfauth does. Nothing else can restore a rule that was lost between a read and a write.
 */
import { expect, it } from "vitest";
import type { IngressRule, TunnelConfiguration } from "../../sandbox/cloudflare/state.ts";
import { type Home, home } from "./daemon.ts";

type Config = TunnelConfiguration["config"];

/** Foreign rules that are in the document from the start. They must stay byte for byte. */
const OLD: IngressRule = {
  service: "http://192.0.2.7:5000",
  originRequest: { noTLSVerify: true },
  hostname: "old.home.localhost",
};
/** The rule that the second writer adds. */
const NAS: IngressRule = { hostname: "nas.home.localhost", service: "http://192.0.2.8:80" };

interface Task {
  readonly name: string;
  /** Prepares the state before the work. */
  readonly start: (at: Home) => unknown;
  readonly act: (at: Home) => unknown;
  /** Our rules at the end: the hostname, and whether a login is checked. */
  readonly ends: readonly string[];
}

const TASKS: readonly Task[] = [
  {
    name: "opens a route",
    start: (at) => at.stop("wiki"),
    act: (at) => at.run("wiki"),
    ends: ["blog login", "wiki login"],
  },
  {
    name: "closes a public route",
    start: (at) => at.run("wiki", { access: "public" }),
    act: (at) => at.stop("wiki"),
    ends: ["blog login"],
  },
  {
    name: "closes a protected route",
    start: (at) => at.run("wiki"),
    act: (at) => at.stop("wiki"),
    ends: ["blog login"],
  },
  {
    name: "puts a login before a public route",
    start: (at) => at.run("wiki", { access: "public" }),
    act: (at) => at.relabel("wiki"),
    ends: ["blog login", "wiki login"],
  },
];

function configOf(at: Home): Config {
  const [found] = at.sandbox.cloudflare.state.configurations.values();
  if (found === undefined) throw new Error("the tunnel has no document");
  return found.config;
}

function write(at: Home, config: Config): void {
  const { configurations } = at.sandbox.cloudflare.state;
  for (const [tunnel, it] of configurations)
    configurations.set(tunnel, { ...it, version: it.version + 1, config: structuredClone(config) });
}

const withNas = (config: Config): Config => ({
  ...config,
  ingress: [NAS, ...config.ingress.filter(({ hostname }) => hostname !== NAS.hostname)],
});
const hasNas = ({ ingress }: Config) => ingress.some(({ hostname }) => hostname === NAS.hostname);

/** Our rules in the document, as `wiki login` or `wiki open`. */
const ours = ({ ingress }: Config): readonly string[] =>
  ingress
    .filter(({ originRequest }) => originRequest?.access?.audTag.includes("cfauth:app"))
    .map(
      ({ hostname, originRequest }) =>
        `${hostname?.split(".")[0]} ${originRequest?.access?.required === true ? "login" : "open"}`,
    )
    .toSorted();

/** Does the work while the second writer reads at one moment and writes at another. @returns the number of moments */
async function interleave(
  at: Home,
  act: Task["act"],
  readAt: number,
  writeAt: number,
): Promise<number> {
  let copy = configOf(at);
  let moment = 0;
  const unhook = at.sandbox.controls.hook(({ path }) => {
    if (!path.endsWith("/configurations")) return;
    if (moment === readAt) copy = structuredClone(configOf(at));
    if (moment === writeAt) write(at, withNas(copy));
    moment += 1;
  });
  await act(at);
  await at.settle();
  unhook();
  return moment;
}

async function settleBoth(at: Home): Promise<void> {
  for (const ms of [2_100, 10_100]) {
    at.later(ms);
    await at.settle();
    if (!hasNas(configOf(at))) write(at, withNas(configOf(at)));
  }
}

it.each(TASKS)(
  "while cfauth $name, a second writer at any moment loses no rule and leaves no stale rule",
  { timeout: 120_000 },
  async (task) => {
    await using at = await home();
    await at.run("blog");
    await task.start(at);
    await at.settle();
    const { ingress } = configOf(at);
    write(at, {
      ...configOf(at),
      ingress: [...ingress.slice(0, -1), OLD, ...ingress.slice(-1)],
      "warp-routing": { enabled: true },
    });
    await at.resync();

    let [moments, tried] = [1, 0];
    // Moment -1 is before the work: an old copy. When the work notices the other writer, it has more moments.
    for (let readAt = -1; readAt < moments; readAt++)
      for (let writeAt = Math.max(0, readAt); writeAt < moments; writeAt++) {
        await task.start(at);
        await at.settle();
        write(at, {
          ...configOf(at),
          ingress: configOf(at).ingress.filter(({ hostname }) => hostname !== NAS.hostname),
        });
        at.later(60_000);
        await at.resync();
        // Leave the window in which undone rules count as a fight.
        at.later(700_000);
        await at.resync();
        moments = Math.max(moments, Math.min(12, await interleave(at, task.act, readAt, writeAt)));
        await settleBoth(at);
        tried += 1;
        const config = configOf(at);
        expect({ readAt, writeAt, ours: ours(config), nas: hasNas(config) }).toEqual({
          readAt,
          writeAt,
          ours: task.ends,
          nas: true,
        });
        expect(config.ingress.map((rule) => JSON.stringify(rule))).toContain(JSON.stringify(OLD));
        expect(config["warp-routing"]).toEqual({ enabled: true });

        at.sandbox.controls.clear();
        at.later(60_000);
        await at.resync();
        expect([at.sandbox.controls.writes(), at.problems]).toEqual([[], []]);
      }
    expect(tried).toBeGreaterThan(10);
  },
);
