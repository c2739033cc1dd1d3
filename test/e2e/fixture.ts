/** What a test of the whole needs: a network, Cloudflare and Authentik on loopback, and the real daemon on the real engine. */

import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect } from "vitest";
import type { ReportedRoute } from "../../src/status/report.ts";
import { probe } from "../sandbox/edge/probe.ts";
import type { Sandbox, SandboxOptions } from "../sandbox/index.ts";
import { type Daemon, type Line, startDaemon, until } from "./daemon.ts";
import { type Container, start, type Wanted } from "./docker/container.ts";
import { type Network, network } from "./docker/network.ts";
import { reap, reapLeftovers } from "./docker/reaper.ts";
import { RUN_ID } from "./docker/run.ts";
import { OWNER, labels as prefixed, sandboxOn, settings } from "./world.ts";

export interface Scene extends AsyncDisposable {
  readonly net: Network;
  readonly sandbox: Sandbox;
  /** `whoami` in the sandbox's zone. */
  hostname(name: string): string;
  /** The labels that ask for that hostname, and more of them without their prefix. */
  labels(name: string, more?: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
  /** A container on the network that asks for a hostname with its own name in front; its name begins like that too. */
  container(
    name: string,
    more?: Readonly<Record<string, string>>,
    wanted?: Partial<Wanted>,
  ): Promise<Container>;
  /** The daemon, as soon as its page answers. */
  daemon(environment?: Readonly<Record<string, string>>): Promise<Daemon>;
  /** The daemon with nothing left to do. */
  settled(environment?: Readonly<Record<string, string>>): Promise<Daemon>;
  /** What of ours stands in Cloudflare; rules that lead to no hostname of the zone's are not looked at. */
  ours(): Ours;
  /** From now on it is asked for after each write, without a login: nobody may ever see the page behind it. */
  neverShown(name: string): void;
  /** What anybody at all gets there, without a login: the page, or undefined. */
  shown(name: string): Promise<string | undefined>;
  /** Requests to Cloudflare and Authentik that change something, `POST /zones/…`, since the journal was cleared. */
  writes(): readonly string[];
  /** Pokes the daemon with an event that means nothing, and waits until it has looked after that. */
  looked(daemon: Daemon): Promise<void>;
}

export interface Ours {
  readonly apps: readonly string[];
  readonly rules: readonly string[];
  readonly records: readonly string[];
  readonly policies: readonly string[];
}

export const NOTHING: Ours = { apps: [], rules: [], records: [], policies: [] };

export const everything = (...hostnames: readonly string[]): Ours => ({
  apps: hostnames,
  rules: hostnames,
  records: hostnames,
  policies: [`cfauth:${OWNER} everyone who logs in with Authentik`],
});

/** Once in each file: nothing that a run made in Docker outlasts it. */
export function reaped(): void {
  beforeAll(reapLeftovers);
  afterAll(() => reap(RUN_ID));
}

export async function scene(options: Omit<SandboxOptions, "resolve"> = {}): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  // So that what a failed test left standing is not in the way of the next one.
  const id = randomBytes(3).toString("hex");
  const net = stack.use(await network(`e2e-${id}`));
  const sandbox = stack.use(await sandboxOn(net, options));
  const leaks: string[] = [];
  stack.defer(() => {
    expect(leaks, "seen without a login").toEqual([]);
    expect(sandbox.controls.violations).toEqual([]);
  });
  const scope = stack.move();
  const environment = settings(sandbox, net, {
    CFAUTH_GRACE_PERIOD: "2s",
    CFAUTH_STARTUP_GRACE_PERIOD: "2s",
    LOG_LEVEL: "debug",
  });
  const { state } = sandbox.cloudflare;
  const hostname = (name: string): string => `${name}.${sandbox.zone}`;
  const labels: Scene["labels"] = (name, more = {}) =>
    prefixed({ hostname: hostname(name), ...more });
  const shown = async (name: string): Promise<string | undefined> => {
    const { status, body } = await probe(sandbox.edge.port, hostname(name));
    return status === 200 && body.startsWith("Hello from ") ? body : undefined;
  };
  const daemon: Scene["daemon"] = async (more = {}) => {
    const started = scope.use(await startDaemon({ ...environment, ...more }));
    await until("the page answers", () => started.report());
    return started;
  };
  let bell: Container | undefined;
  const ring = async (): Promise<void> => {
    bell ??= scope.use(await start({ name: `bell-${id}` }));
    await bell.rename(`${(await bell.name()).startsWith("bell-") ? "gong" : "bell"}-${id}`);
  };
  return {
    net,
    sandbox,
    hostname,
    labels,
    container: (name, more, wanted) =>
      start({ name: `${name}-${id}`, networks: [net], labels: labels(name, more), ...wanted }),
    daemon,
    settled: async (more) => {
      const started = await daemon(more);
      await until("the first convergence is done", () => started.ready(), 60_000);
      return started;
    },
    ours: () => ({
      apps: [...state.apps.values()]
        .filter(({ tags }) => tags.includes(`cfauth-${OWNER}`))
        .map(({ domain }) => domain)
        .toSorted(),
      rules: [...state.configurations.values()]
        .flatMap(({ config }) =>
          config.ingress.flatMap((rule) =>
            rule.hostname?.endsWith(`.${sandbox.zone}`) ? [rule.hostname] : [],
          ),
        )
        .toSorted(),
      records: [...state.records.values()]
        .filter(({ comment }) => comment === `cfauth:${OWNER}`)
        .map(({ name }) => name)
        .toSorted(),
      policies: [...state.policies.values()]
        .map(({ name }) => name)
        .filter((name) => name.startsWith(`cfauth:${OWNER} `))
        .toSorted(),
    }),
    neverShown: (name) =>
      void sandbox.controls.hook(async ({ method, path, write }, moment) => {
        if (write && moment === "after" && (await shown(name)) !== undefined)
          leaks.push(`${name} after ${method} ${path}`);
      }),
    shown,
    writes: () => sandbox.controls.writes().map(({ method, path }) => `${method} ${path}`),
    looked: async ({ lines }) => {
      const resource = Date.now();
      await ring();
      await until("a look that began after the event", () =>
        lines.some((line) => begun(line) >= resource),
      );
    },
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  };
}

/** When the pass began that this line tells of. Milliseconds since 1970; of any other line, long ago. */
const begun = ({ msg, time, ms }: Line): number =>
  msg === "pass over" ? Date.parse(String(time)) - Number(ms) : -Infinity;

/** The route of that hostname as the page has it. */
export async function route(daemon: Daemon, hostname: string): Promise<ReportedRoute | undefined> {
  return (await daemon.report()).routes.find((it) => it.hostname === hostname);
}

export const live = (daemon: Daemon, hostname: string, ms?: number): Promise<unknown> =>
  until(`${hostname} is live`, async () => (await route(daemon, hostname))?.state === "live", ms);

/** What a person would see at the usual level. */
export const told = ({ lines }: Daemon): readonly Line[] =>
  lines.filter(({ level }) => level !== "debug" && level !== "trace");
