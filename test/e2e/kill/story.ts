/** Shared by the tests that kill a daemon at every call: stories, deaths and the visitor who watches meanwhile. */
import { isDeepStrictEqual } from "node:util";
import PQueue from "p-queue";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Call, Moment } from "../../sandbox/call.ts";
import type { Lag } from "../../sandbox/cloudflare/state.ts";
import type { Sandbox } from "../../sandbox/index.ts";
import { type Daemon, startDaemon, until } from "../daemon.ts";
import { type Container, start, type Wanted } from "../docker/container.ts";
import { type Network, network } from "../docker/network.ts";
import { reap } from "../docker/reaper.ts";
import { RUN_ID, unique } from "../docker/run.ts";
import {
  inventory,
  labels,
  type MayReach,
  type Photograph,
  type Place,
  photograph,
  restore,
  type Stranger,
  sandboxOn,
  settings,
  stranger,
} from "../world.ts";

/** How many worlds run at once: enough to keep two cores busy while some of them wait. */
const AT_ONCE = 3;
/** On a machine that is busy with other tests as well. */
const PATIENCE_MS = 60_000;
/** For all deaths of one sweep. A closing waits some seconds for each, until cloudflared is known to run the new rules. */
export const SWEEP_MS = 1_200_000;

export const ZONE = "home.localhost";

/** A transition from one state to another. Its containers run from beginning to end. */
export interface Story {
  readonly net: Network;
  /** The state that the first daemon finds; an empty account by default. */
  readonly before?: Photograph;
  /** All objects at the end, one line each. */
  readonly end: readonly string[];
  readonly live: number;
  /** The places to try after each write. The first is tried at every moment of every call. */
  readonly doors: readonly Place[];
  /** What a visitor may see at any moment. */
  readonly mayReach: MayReach;
  /** Which container answers at the end. */
  readonly shownAtLast: readonly (readonly [Place, Container | undefined])[];
  /** Whether tiles are included. They double the calls and delay nothing. */
  readonly tiles?: true;
  /** Whether every application is replaced, so that no earlier session is valid. */
  readonly replaced?: true;
}

/**
 * When a daemon dies. `before`: its request is sent and has no effect. `after`: it has its effect and the answer is lost.
 * `late`: it has its effect after the next daemon has already observed and converged.
 */
interface Death {
  readonly name: string;
  readonly comes: (call: Call, sandbox: Sandbox) => boolean;
  readonly moment: Moment | "late";
}

export const nth = (n: number, moment: Moment): Death => ({
  name: `${moment} call ${n}`,
  comes: (call) => call.n === n,
  moment,
});
export const nthWrite = (n: number, moment: Death["moment"]): Death => ({
  name: `${moment} write ${n}`,
  comes: (call, { controls }) => controls.writes()[n - 1] === call,
  moment,
});

export const range = (count: number): readonly number[] =>
  Array.from({ length: count }, (_, at) => at + 1);

const sentence = ({ n, api, method, path }: Call): string => `call ${n} (${api} ${method} ${path})`;

/** A world of its own for each try, in which the visitor watches every call. */
export async function staged<T>(
  story: Story,
  play: (sandbox: Sandbox, visitor: Stranger) => Promise<T>,
): Promise<T> {
  await using sandbox = await sandboxOn(story.net);
  if (story.before !== undefined) restore(sandbox, story.before);
  await using visitor = stranger(sandbox.edge.port, story.mayReach);
  sandbox.controls.hook((call, moment) =>
    visitor.look(
      `${moment} ${sentence(call)}`,
      call.write && moment === "after" ? story.doors : story.doors.slice(0, 1),
    ),
  );
  return await play(sandbox, visitor).catch((error: unknown) => {
    throw new Error([...visitor.leaks, String(error)].join("\n"));
  });
}

export const daemonOf = (
  story: Story,
  sandbox: Sandbox,
  more: Readonly<Record<string, string>> = {},
): Promise<Daemon> =>
  startDaemon(
    settings(sandbox, story.net, { CFAUTH_TILES: String(story.tiles ?? false), ...more }),
  );

/** @throws with the daemon's report if it does not converge */
export async function settled(story: Story, daemon: Daemon): Promise<void> {
  const wanted = { live: story.live, waiting: 0, problem: 0, closing: 0 };
  const calm = async () => {
    const { summary, lastPass } = await daemon.report();
    return lastPass?.result === "settled" && isDeepStrictEqual(summary, wanted);
  };
  await until("the daemon has converged", calm, PATIENCE_MS).catch(async (error: unknown) => {
    throw new Error(
      `${error}\n${JSON.stringify([await daemon.report().catch(String), daemon.lines.slice(-5)])}`,
    );
  });
}

/** The differences from the end of the story; empty if there are none. */
export async function complaints(
  story: Story,
  sandbox: Sandbox,
  visitor: Stranger,
): Promise<readonly string[]> {
  await visitor.look("at the end", story.doors);
  const shown = await Promise.all(
    story.shownAtLast.map(async ([place, container]) => {
      const reached = await visitor.reaches(place);
      return (reached === undefined) === (container === undefined) &&
        (container?.id.startsWith(reached ?? "") ?? true)
        ? []
        : [`at last ${place.host}${place.path} shows ${reached}`];
    }),
  );
  const there = inventory(sandbox);
  const kept = [...sandbox.cloudflare.state.apps.values()].filter(
    ({ aud }) => story.replaced && story.before?.text.includes(aud),
  );
  return [
    ...kept.map(({ domain }) => `still the same application: ${domain}`),
    ...new Set(visitor.leaks),
    ...shown.flat(),
    ...there
      .filter((line, at) => !story.end.includes(line) || there.indexOf(line) !== at)
      .map((line) => `too much: ${line}`),
    ...story.end.filter((line) => !there.includes(line)).map((line) => `missing: ${line}`),
    ...sandbox.controls.violations,
    ...sandbox.edge.refusals,
  ];
}

/** Runs one daemon undisturbed. @returns how many calls and how many writes the story takes */
export async function undisturbed(
  story: Story,
): Promise<{ readonly calls: number; readonly writes: number }> {
  return await staged(story, async (sandbox, visitor) => {
    await using daemon = await daemonOf(story, sandbox);
    await settled(story, daemon);
    const found = await complaints(story, sandbox, visitor);
    expect(found, found.join("\n")).toEqual([]);
    return { calls: sandbox.controls.calls.length, writes: sandbox.controls.writes().length };
  });
}

/**
 * What a write may leave that takes effect seconds after its daemon's death, when the next daemon has finished: a second
 * login method beside the used one.
 */
const LEFT_BY_THE_LATE = /^too much: login method /;

/** Runs a daemon that dies there, and then the next one. */
export async function afterDeath(
  story: Story,
  death: Death,
  lag?: Partial<Lag>,
): Promise<readonly string[]> {
  return await staged(story, async (sandbox, visitor) => {
    if (lag !== undefined) sandbox.cloudflare.propagation.lag(lag);
    const strolling = new AbortController();
    const stroll = lag === undefined ? undefined : strolled(story, visitor, strolling.signal);
    try {
      const late = Promise.withResolvers<unknown>();
      await using first = await daemonOf(story, sandbox);
      const call = await deathOf(first, death, sandbox, late.promise);
      await using next = await daemonOf(
        story,
        sandbox,
        death.moment === "late" ? { CFAUTH_RESYNC_INTERVAL: "1s" } : {},
      );
      await settled(story, next);
      if (death.moment === "late") await seen(sandbox, late, call);
      if (lag !== undefined) await caughtUp(sandbox, lag);
    } finally {
      strolling.abort();
      await stroll;
    }
    const found = await complaints(story, sandbox, visitor);
    return death.moment === "late"
      ? found.filter((complaint) => !LEFT_BY_THE_LATE.test(complaint))
      : found;
  }).then(
    (found) => found.map((complaint) => `killed ${death.name}: ${complaint}`),
    (error: unknown) => [`killed ${death.name}: ${error}`],
  );
}

/** Prepares the death. @returns a promise of the call at which the daemon dies */
async function deathOf(
  daemon: Daemon,
  { comes, moment, name }: Death,
  sandbox: Sandbox,
  late: Promise<unknown>,
): Promise<Call> {
  let at: Call | undefined;
  let dead = false;
  sandbox.controls.hook(async (call, now) => {
    if (
      at !== undefined ||
      now !== (moment === "after" ? "after" : "before") ||
      !comes(call, sandbox)
    )
      return;
    at = call;
    daemon.kill();
    await daemon.exited;
    dead = true;
    if (moment === "before")
      sandbox.controls.fault((it) => it === call, { kind: "reset", when: "before" });
    if (moment === "late") await late;
  });
  await until(`the daemon dies ${name}`, () => dead, PATIENCE_MS);
  return await until("its call is known", () => at);
}

/** Lets the dead daemon's write take effect, and the living one observe the result twice. */
async function seen(
  { controls }: Sandbox,
  late: PromiseWithResolvers<unknown>,
  call: Call,
): Promise<void> {
  late.resolve(undefined);
  await until("the late write is done", () => call.status !== undefined);
  const { length } = controls.calls;
  const looks = () =>
    controls.calls
      .slice(length)
      .filter(({ method, path }) => method === "GET" && path.endsWith("/access/policies")).length;
  await until("the daemon has looked again", () => looks() >= 3, PATIENCE_MS);
}

/** While edges lag, moments between calls count too. */
async function strolled(story: Story, visitor: Stranger, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await visitor.look("on the way", story.doors);
    await pause(10);
  }
}

/** Delivers what never arrives by itself. */
async function caughtUp(
  { cloudflare: { state, propagation } }: Sandbox,
  lag: Partial<Lag>,
): Promise<void> {
  const values = (map: ReadonlyMap<string, unknown>) => [...map.values()];
  const there = () => {
    const { records, apps, policies, configurations } = propagation.view();
    return isDeepStrictEqual(
      [records, apps, policies, values(configurations)],
      [state.records, state.apps, state.policies, state.configurations].map(values),
    );
  };
  if (Object.values(lag).includes(Infinity)) propagation.release();
  await until("the edge has caught up", there, PATIENCE_MS);
}

const pause = (ms: number): Promise<void> => new Promise((over) => setTimeout(over, ms));

/** Runs all of them, several at a time. @returns all complaints */
export async function each<T>(
  points: readonly T[],
  survive: (point: T) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  if (points.length === 0) throw new Error("nothing to sweep: the undisturbed story comes first");
  const queue = new PQueue({ concurrency: AT_ONCE });
  return (await queue.addAll(points.map((point) => () => survive(point)))).flat();
}

/** A death after a read equals a death before the next call, so only one of the two is needed for reads. */
const everyCall = (calls: number, writes: number): readonly Death[] => [
  ...range(calls).map((n) => nth(n, "before")),
  ...range(writes).map((n) => nthWrite(n, "after")),
];

export const door = (host: string, path = "/"): Place => ({ host: `${host}.${ZONE}`, path });

/** Spellings of a hostname and of a path that one component may treat as equal and another not. */
export const lookAlikes = (host: string): readonly Place[] => [
  { host: `${host}.${ZONE}`.toUpperCase(), path: "/" },
  { host: `${host}.${ZONE}.`, path: "/" },
  { host: `x.${host}.${ZONE}`, path: "/" },
  door(host, "/index.html"),
  door(host, "/cdn-cgi/access/certs"),
];

const FOUNDATIONS: readonly string[] = [
  "Authentik application cf-tunnel-access",
  "login method Authentik (cf-tunnel-access) #…",
  "provider cf-tunnel-access",
  "rule anything else: http_status:404",
  "tag cfauth-e2e",
  "tunnel cfauth",
];

export const LOGIN_POLICY = "policy cfauth:e2e everyone who logs in with Authentik: allow";
export const PUBLIC_POLICY = "policy cfauth:e2e public, no login: bypass";
export const whole = (lines: readonly string[]): readonly string[] =>
  [...FOUNDATIONS, ...lines].toSorted();

export const whoamiLabels = labels({ hostname: "whoami" });
/** Public except below one path. Each of the two routes could answer in the other's place. */
export const plazaLabels = labels({
  hostname: "plaza",
  access: "public",
  "admin.hostname": "plaza",
  "admin.path": "/admin",
});

/** The origin as cfauth writes it: the container's name on the tunnel's network. */
export const origin = (container: string): string =>
  `http://${unique(container)}.${unique("tunnel")}:8080`;

export const opened = (): readonly string[] =>
  whole([
    "application plaza.home.localhost/admin: cfauth:e2e everyone who logs in with Authentik",
    "application plaza.home.localhost: cfauth:e2e public, no login",
    "application whoami.home.localhost: cfauth:e2e everyone who logs in with Authentik",
    LOGIN_POLICY,
    PUBLIC_POLICY,
    "record plaza.home.localhost: CNAME to the tunnel",
    "record whoami.home.localhost: CNAME to the tunnel",
    `rule plaza.home.localhost (^/admin): ${origin("plaza")}, logins of plaza.home.localhost/admin, marked cfauth:e2e`,
    `rule plaza.home.localhost (clean paths): ${origin("plaza")}, marked cfauth:e2e`,
    `rule whoami.home.localhost: ${origin("whoami")}, logins of whoami.home.localhost, marked cfauth:e2e`,
  ]);

/** The first place is tried at every call. */
export const shutDoors: readonly Place[] = [
  door("whoami"),
  door("plaza", "/admin"),
  door("plaza", "/admin/"),
  door("plaza", "/admin/users"),
  ...lookAlikes("whoami"),
];

/** The network of this file's containers, for the whole file. */
export function tunnelNetwork(): () => Network {
  let net: Network | undefined;
  beforeAll(async () => {
    net = await network("tunnel");
  });
  afterAll(() => reap(RUN_ID));
  return () => {
    if (net === undefined) throw new Error("the network comes with the first test");
    return net;
  };
}

/** Starts containers, lets one daemon open their routes, and removes the containers. */
export async function worldOf(
  net: Network,
  containers: readonly Wanted[],
  furnish: (sandbox: Sandbox) => void = () => {},
): Promise<Photograph> {
  await using stack = new AsyncDisposableStack();
  for (const wanted of containers) stack.use(await start(wanted));
  await using sandbox = await sandboxOn(net);
  await using daemon = await startDaemon(settings(sandbox, net, { CFAUTH_TILES: "false" }));
  await until(
    "everything is open",
    async () =>
      (await daemon.ready()) &&
      (await daemon.report()).routes.every(({ state }) => state === "live"),
    PATIENCE_MS,
  );
  furnish(sandbox);
  return photograph(sandbox);
}

/** In the first row the daemon's own order does not help, because no write to Access arrives before the end. */
const LAGS: readonly {
  readonly name: string;
  readonly lag: Partial<Lag>;
  readonly moments: readonly Moment[];
}[] = [
  {
    name: "logins far behind everything else",
    lag: { access: Infinity },
    moments: ["before", "after"],
  },
  { name: "rules behind logins", lag: { configuration: 300 }, moments: ["after"] },
  {
    name: "names ahead of rules and rules ahead of logins",
    lag: { dns: 0, configuration: 150, access: 400 },
    moments: ["after"],
  },
];

/** The tests of each story. @param what - what the daemon does in it, such as "closing all routes" */
export function sweeps(what: string, story: () => Story): void {
  let calls = 0;
  let writes = 0;

  test(`one undisturbed daemon succeeds at ${what}`, async () => {
    ({ calls, writes } = await undisturbed(story()));
  });

  test(`a daemon killed before every call and after every write of ${what} exposes nothing, and the next one finishes`, {
    timeout: SWEEP_MS,
  }, async () => {
    expect(await each(everyCall(calls, writes), (death) => afterDeath(story(), death))).toEqual([]);
  });

  test.each(LAGS)(
    `a daemon killed at every write of ${what} exposes nothing while the edge has $name`,
    { timeout: SWEEP_MS },
    async ({ lag, moments }) => {
      const deaths = range(writes).flatMap((n) => moments.map((moment) => nthWrite(n, moment)));
      expect(await each(deaths, (death) => afterDeath(story(), death, lag))).toEqual([]);
    },
  );

  test(`a write of ${what} that takes effect after the next daemon has observed exposes nothing`, {
    timeout: SWEEP_MS,
  }, async () => {
    expect(await each(range(writes), (n) => afterDeath(story(), nthWrite(n, "late")))).toEqual([]);
  });
}
