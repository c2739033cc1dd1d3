/** Everything an end-to-end test needs: a network, Cloudflare and Authentik on loopback, and the real daemon on a real engine. */

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
  /** The labels that ask for that hostname, and further labels without their prefix. */
  labels(name: string, more?: Readonly<Record<string, string>>): Readonly<Record<string, string>>;
  /** A container on the network that asks for a hostname with its own name as the first label. */
  container(
    name: string,
    more?: Readonly<Record<string, string>>,
    wanted?: Partial<Wanted>,
  ): Promise<Container>;
  /** Starts the daemon and waits until its page answers. */
  daemon(environment?: Readonly<Record<string, string>>): Promise<Daemon>;
  /** Starts the daemon and waits until it has converged. */
  settled(environment?: Readonly<Record<string, string>>): Promise<Daemon>;
  /** Our objects in Cloudflare, without rules for hostnames outside the zone. */
  ours(): Ours;
  /** From now on the hostname is requested without a login after each write. No one may ever see the page behind it. */
  neverShown(name: string): void;
  /** What an anonymous visitor gets there: the page, or undefined. */
  shown(name: string): Promise<string | undefined>;
  /** The writes to Cloudflare and Authentik since the journal was cleared, such as `POST /zones/…`. */
  writes(): readonly string[];
  /** Sends the daemon an event without meaning and waits until the pass after it has ended. */
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

/** Call it once in each file. It removes everything that the run created in Docker. */
export function reaped(): void {
  beforeAll(reapLeftovers);
  afterAll(() => reap(RUN_ID));
}

export async function scene(options: Omit<SandboxOptions, "resolve"> = {}): Promise<Scene> {
  await using stack = new AsyncDisposableStack();
  // Remove what a failed test left behind before the next one starts.
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

/** When the pass of this log line began, in milliseconds since 1970. A long time ago for any other line. */
const begun = ({ msg, time, ms }: Line): number =>
  msg === "pass over" ? Date.parse(String(time)) - Number(ms) : -Infinity;

/** The route of that hostname in the daemon's report. */
export async function route(daemon: Daemon, hostname: string): Promise<ReportedRoute | undefined> {
  return (await daemon.report()).routes.find((it) => it.hostname === hostname);
}

export const live = (daemon: Daemon, hostname: string, ms?: number): Promise<unknown> =>
  until(`${hostname} is live`, async () => (await route(daemon, hostname))?.state === "live", ms);

/** The log lines that are visible at the default level. */
export const told = ({ lines }: Daemon): readonly Line[] =>
  lines.filter(({ level }) => level !== "debug" && level !== "trace");
