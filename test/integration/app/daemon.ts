/** The whole daemon without Docker: settings, controller and clients against the sandbox, with containers that a test defines. */

import { expect } from "vitest";
import { type App, createApp } from "../../../src/app.ts";
import { readConfig } from "../../../src/config/config.ts";
import type { Problem } from "../../../src/core/domain/problem.ts";
import type { Workload } from "../../../src/core/domain/workload.ts";
import { describeReplaced } from "../../../src/core/plan/resource.ts";
import type { PassOutcome } from "../../../src/reconcile/controller.ts";
import type { DryRun } from "../../../src/reconcile/dry-run.ts";
import type { AnyChange } from "../../../src/resources/registry.ts";
import type { Source } from "../../../src/sources/source.ts";
import { type OriginStub, originStub } from "../../sandbox/edge/testing/origin-stub.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../sandbox/index.ts";
import { tcp, workload } from "../../support/builders.ts";

export const OWNER = "app";
const RESYNC_MS = 5 * 60_000;

export interface Daemon {
  /** Runs passes until one has nothing more to do. @returns the outcome of that pass */
  settle(): Promise<PassOutcome>;
  /** Sets the clock forward to the next resync, then settles. */
  resync(): Promise<PassOutcome>;
  /** The routes that were closed or narrowed while a cloudflared may still run the previous rules. */
  readonly unconfirmed: readonly string[];
  /** The problems of the last pass, and the routes that are live now. */
  readonly problems: readonly Problem[];
  readonly live: readonly string[];
  /** All changes since the start, in order. */
  readonly changes: readonly AnyChange[];
  /** A description of each object that was adopted. */
  readonly took: readonly string[];
  /** What the daemon would do now. Nothing is written. */
  preview(): Promise<DryRun>;
  /** The changes of one pass, grouped by wave, such as `create ingress wiki.home.localhost`. */
  turn(): Promise<readonly (readonly string[])[]>;
}

/** A change as one line, without the fingerprint of a secret. */
export const line = ({ action, kind, subject }: AnyChange): string =>
  `${action} ${kind} ${subject.replace(/ #[0-9a-f]{8}$/, "")}`;

export interface Home extends Daemon, AsyncDisposable {
  readonly sandbox: Sandbox;
  host(name: string): string;
  /** Starts a container on its own port, with the hostname `<name>.home.localhost`. Replaces a container of the same name. */
  run(name: string, labels?: Readonly<Record<string, string>>, page?: string): Promise<void>;
  /** Adds a container without starting a server for it. */
  add(container: Workload): void;
  /** Gives the same container other labels. */
  relabel(name: string, labels?: Readonly<Record<string, string>>): void;
  stop(...names: readonly string[]): void;
  /** The port that the container listens on. */
  port(name: string): number;
  /** A server that answers `this is <page>` and is not one of our containers. */
  elsewhere(page: string): Promise<OriginStub>;
  /** From now on it is so much later. */
  later(ms: number): void;
  /** Another daemon for the same containers, with other settings. */
  another(settings?: Readonly<Record<string, string>>): Promise<Daemon>;
  /** A daemon that removes everything of this owner. */
  leaver(): Promise<Daemon>;
}

export interface HomeOptions extends Omit<SandboxOptions, "resolve"> {
  readonly settings?: Readonly<Record<string, string>>;
  /** Creates objects before cfauth starts. */
  readonly furnish?: (sandbox: Sandbox) => unknown;
}

/** Disposing it asserts that requests and answers match the vendors' schemas and that cloudflared accepted every document. */
export async function home({
  settings = {},
  furnish,
  ...options
}: HomeOptions = {}): Promise<Home> {
  await using stack = new AsyncDisposableStack();
  const clock = stack.adopt(ahead(), ({ restore }) => restore());
  const sandbox = stack.use(await startSandbox({ resolve: async () => "127.0.0.1", ...options }));
  await furnish?.(sandbox);
  const containers = new Map<string, Workload>();
  const origins = new Map<string, OriginStub>();
  const source: Source = {
    list: async () => [...containers.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    watch: () => ({ ready: Promise.resolve(), close: async () => {} }),
    identity: async () => ({ id: "engine", version: "29" }),
  };
  const another = (more: Readonly<Record<string, string>> = {}) =>
    start({ ...sandbox.environment, CFAUTH_OWNER: OWNER, ...settings, ...more }, source, clock);
  const leaver = () =>
    start({ ...sandbox.environment, CFAUTH_OWNER: OWNER, ...settings }, source, clock, true);
  const host = (name: string): string => `${name}.${sandbox.zone}`;
  const labelled = (name: string, labels: Readonly<Record<string, string>>) => ({
    "cfauth.hostname": host(name),
    ...Object.fromEntries(Object.entries(labels).map(([key, text]) => [`cfauth.${key}`, text])),
  });
  const elsewhere = async (page: string): Promise<OriginStub> => {
    const stub = await originStub(
      (request, response) => void response.end(`this is ${page}: ${request.url}`),
    );
    return scope.use(stub);
  };
  const daemon = await another();
  const scope = stack.move();
  scope.defer(() => {
    expect(sandbox.controls.violations).toEqual([]);
    expect(sandbox.edge.refusals).toEqual([]);
  });
  return {
    ...daemon,
    get problems() {
      return daemon.problems;
    },
    get live() {
      return daemon.live;
    },
    get took() {
      return daemon.took;
    },
    get unconfirmed() {
      return daemon.unconfirmed;
    },
    later: (ms) => clock.advance(ms),
    sandbox,
    host,
    run: async (name, labels = {}, page = name) => {
      const stub = await elsewhere(page);
      origins.set(name, stub);
      containers.set(name, workload(labelled(name, labels), { name, ports: [tcp(stub.port)] }));
    },
    add: (container) => void containers.set(container.name, container),
    relabel: (name, labels = {}) => {
      const before = containers.get(name);
      if (before === undefined) throw new Error(`no container ${name}`);
      containers.set(name, { ...before, labels: labelled(name, labels) });
    },
    stop: (...names) => {
      for (const name of names) containers.delete(name);
    },
    port: (name) => origins.get(name)?.port ?? 0,
    elsewhere,
    another,
    leaver,
    [Symbol.asyncDispose]: () => scope.disposeAsync(),
  };
}

interface Clock {
  /** From now on it is so much later. */
  advance(ms: number): void;
  restore(): void;
}

/** The machine's clocks, which a test can set forward: a resync is due only after minutes. */
function ahead(): Clock {
  const now = Date.now;
  const uptime = performance.now;
  let by = 0;
  Date.now = () => now() + by;
  performance.now = () => uptime.call(performance) + by;
  return {
    advance: (ms) => {
      by += ms;
    },
    restore: () => {
      Date.now = now;
      performance.now = uptime;
    },
  };
}

/** More passes than any legitimate change needs. */
const MAX_PASSES = 12;

async function start(
  environment: Readonly<Record<string, string>>,
  source: Source,
  clock: Clock,
  leaving = false,
): Promise<Daemon> {
  const grace = {
    CFAUTH_GRACE_PERIOD: "0s",
    CFAUTH_STARTUP_GRACE_PERIOD: "0s",
    CFAUTH_RESYNC_INTERVAL: `${RESYNC_MS}ms`,
  };
  const read = readConfig({ ...grace, ...environment }, () => "");
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  const changes: AnyChange[] = [];
  const waves: string[][] = [];
  let last: PassOutcome | undefined;
  const app: App = await createApp({
    config: read.config,
    source,
    signal: new AbortController().signal,
    watch: {
      changed: (change, error) => {
        if (error === undefined) changes.push(change);
        waves.at(-1)?.push(line(change));
      },
      planned: () => void waves.push([]),
      passed: (outcome) => {
        last = outcome;
      },
    },
    onCall: () => {},
    teardown: leaving,
  });
  const settle = async (): Promise<PassOutcome> => {
    for (let turn = 0; turn < MAX_PASSES; turn++) {
      await app.loop.reconcile();
      if (last !== undefined && last.applied === 0) return last;
    }
    throw new Error(`no end: ${JSON.stringify(last?.end?.plan)}`);
  };
  return {
    settle,
    preview: () => app.preview(),
    turn: async () => {
      waves.splice(0);
      await app.loop.reconcile();
      return waves.filter((wave) => wave.length > 0).map((wave) => wave.toSorted());
    },
    resync: () => {
      clock.advance(RESYNC_MS);
      return settle();
    },
    get unconfirmed() {
      return last?.end?.observed.ingress.unconfirmed ?? [];
    },
    get problems() {
      return last?.end?.plan.problems ?? [];
    },
    get live() {
      return last?.end?.plan.live.toSorted() ?? [];
    },
    changes,
    get took() {
      return changes.flatMap((change) => describeReplaced(change) ?? []);
    },
  };
}
