/** A home without faults for `cfauth doctor`: converged by a daemon, with a fake engine in which a test can cause faults. */

import { Readable } from "node:stream";
import type { z } from "zod";
import { doctor } from "../../../src/cli/commands/doctor.ts";
import { createAuthentik } from "../../../src/clients/authentik/authentik.ts";
import type { Stranger } from "../../../src/clients/authentik/lookup.ts";
import { createCloudflare } from "../../../src/clients/cloudflare/cloudflare.ts";
import type { Docker } from "../../../src/clients/docker/docker.ts";
import { throwDockerError } from "../../../src/clients/docker/errors.ts";
import { readConfig } from "../../../src/config/config.ts";
import type { Workload } from "../../../src/core/domain/workload.ts";
import { createTerminal } from "../../../src/core/terminal.ts";
import { createDoctorContext, type DoctorContext } from "../../../src/doctor/context.ts";
import type { HttpProbe, NoPage, ProbedPage } from "../../../src/doctor/http-probe.ts";
import { settingSources } from "../../../src/doctor/setting-sources.ts";
import type { ListedContainer } from "../../../src/sources/docker/container.ts";
import type { Report } from "../../../src/status/report.ts";
import { probe } from "../../sandbox/edge/probe.ts";
import type { Sandbox } from "../../sandbox/index.ts";
import { tcp, workload } from "../../support/builders.ts";
import { reportOf } from "../../unit/doctor/report.ts";
import { type Home, home, OWNER } from "./daemon.ts";
import { seedOurTunnel } from "./others.ts";

/** The fake engine: its containers and networks, and its faults. */
export interface Engine {
  containers: Workload[];
  networks: string[];
  /** Paths that a socket proxy refuses with 403. */
  refused: string[];
  /** An error code for every request: `EACCES`, `ECONNREFUSED`. */
  broken?: string;
}

export interface Clinic extends AsyncDisposable {
  readonly at: Home;
  readonly engine: Engine;
  /** Settings that differ from the defaults of the clinic. */
  readonly settings: Record<string, string>;
  /** The report of the running daemon; undefined if none runs. */
  beside: Report | undefined;
  /** Another container that answers to Authentik's name. */
  stranger: Stranger | undefined;
  /** Replaced answers of pages, by the end of their address. */
  readonly pages: Map<string, ProbedPage | NoPage>;
  /** The output on a terminal of this width, and the exit code. */
  text(columns?: number): Promise<Ran>;
  /** Resets sandbox, engine and settings to the state without faults. */
  cure(): void;
  json(): Promise<Ran & { readonly read: Json }>;
  /** Both outputs of one run of the checks. */
  both(): Promise<{ readonly text: Ran; readonly json: Ran & { readonly read: Json } }>;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
}

export interface Json {
  readonly formatVersion: string;
  readonly ok: boolean;
  readonly counts: Readonly<Record<"pass" | "warn" | "fail" | "skip", number>>;
  readonly groups: readonly {
    readonly id: string;
    readonly result: string;
    readonly checks: readonly Readonly<Record<string, string>>[];
  }[];
}

interface ClinicOptions extends NonNullable<Parameters<typeof home>[0]> {
  /** True if cfauth has never run here. */
  readonly fresh?: boolean;
}

/** A home with one container and one live route. */
export async function clinic({ fresh = false, ...options }: ClinicOptions = {}): Promise<Clinic> {
  const at = await home({
    ...options,
    furnish: async (sandbox) => {
      seedOurTunnel(sandbox);
      await options.furnish?.(sandbox);
    },
  });
  const wiki = workload(
    { "cfauth.hostname": at.host("wiki") },
    { name: "wiki", ports: [tcp(3000)] },
  );
  at.add(wiki);
  if (!fresh) await at.settle();
  const pages = new Map<string, ProbedPage | NoPage>();
  const engine: Engine = { containers: [wiki], networks: ["tunnel"], refused: [] };
  const settings: Record<string, string> = {};
  const restore = rememberState(at.sandbox);
  const clinic = {
    beside: fresh ? undefined : (reportOf([at.host("wiki")]) as Report | undefined),
    stranger: undefined as Stranger | undefined,
  };
  const sceneNow = (): DoctorContext => {
    const env = {
      ...at.sandbox.environment,
      CFAUTH_OWNER: OWNER,
      DOCKER_HOST: `unix://${SOCKET}`,
      ...settings,
    };
    const read = readConfig(env, () => "");
    if (!read.ok) throw new Error(JSON.stringify(read.faults));
    const { config } = read;
    const scene = createDoctorContext({
      config,
      settingSources: settingSources(env, () => ""),
      docker: engineOf(engine),
      cloudflare: createCloudflare({
        token: config.cloudflare.token.reveal(),
        baseUrl: config.cloudflare.baseUrl,
        backoffMs: 1,
      }),
      authentik: createAuthentik({
        token: config.authentik.token.reveal(),
        url: config.authentik.apiUrl,
        backoffMs: 1,
      }),
      stranger: async () => clinic.stranger,
      visit: async (url) =>
        [...pages].find(([end]) => new URL(url).pathname.endsWith(end))?.[1] ??
        (await visitOf(at)(url)),
      daemon: async () => clinic.beside,
      now: Date.parse("2026-11-25T12:00:00Z"),
      stop: new AbortController().signal,
      notify: undefined,
    });
    return scene;
  };
  const ran = async (scene: DoctorContext, json: boolean, columns: number) => {
    let out = "";
    const write = (text: string): void => {
      out += text;
    };
    return { code: await doctor(scene, createTerminal({ write, columns }, {}), json), out };
  };
  const jsonOf = async (scene: DoctorContext) => {
    const { code, out } = await ran(scene, true, 100);
    return { code, out, read: JSON.parse(out) as Json };
  };
  return Object.assign(clinic, {
    at,
    engine,
    settings,
    pages,
    cure: () => {
      restore();
      pages.clear();
      for (const name of Object.keys(settings)) delete settings[name];
      Object.assign(engine, { containers: [wiki], networks: ["tunnel"], refused: [] });
      delete engine.broken;
      clinic.beside = reportOf([at.host("wiki")]);
      clinic.stranger = undefined;
    },
    text: (columns = 110) => ran(sceneNow(), false, columns),
    json: () => jsonOf(sceneNow()),
    both: async () => {
      const scene = sceneNow();
      return { text: await ran(scene, false, 110), json: await jsonOf(scene) };
    },
    [Symbol.asyncDispose]: () => at[Symbol.asyncDispose](),
  });
}

/** A path that does not exist, so that no user group of this machine appears in a text. */
const SOCKET = "/run/nowhere/docker.sock";

function engineOf(engine: Engine): Docker {
  const answer = async <T>(path: string, shape: z.ZodType<T>, body: () => unknown): Promise<T> => {
    const about = {
      address: { kind: "socket", path: SOCKET },
      path,
      user: { uid: 65532, gids: [65532] },
    } as const;
    if (engine.broken !== undefined)
      throwDockerError(about, Object.assign(new Error("no"), { code: engine.broken }));
    if (engine.refused.includes(path)) throwDockerError(about, { statusCode: 403 });
    const found = body();
    if (found === undefined) throwDockerError(about, { statusCode: 404 });
    return shape.parse(found);
  };
  return {
    containers: (shape) => answer("/containers/json", shape, () => engine.containers.map(listedOf)),
    info: (shape) => answer("/info", shape, () => ({ ID: "engine", ServerVersion: "29.1.0" })),
    network: (name, shape) =>
      answer(`/networks/${name}`, shape, () =>
        engine.networks.includes(name) ? { Name: name } : undefined,
      ),
    image: (_id, shape) => answer("/images/<id>/json", shape, () => ({ Config: { Labels: null } })),
    events: async (_filters, _since, signal) => {
      await answer(
        "/events",
        { parse: () => undefined } as unknown as z.ZodType<undefined>,
        () => ({}),
      );
      return Readable.from([], { signal });
    },
  };
}

const listedOf = ({ id, name, created, labels, networks, ports }: Workload): ListedContainer => ({
  Id: id,
  Names: [`/${name}`],
  ImageID: `sha256:${"1".repeat(64)}`,
  Created: created / 1_000,
  State: "running",
  Status: "Up 5 minutes",
  Labels: { ...labels },
  Ports: ports.map(({ number }) => ({ PrivatePort: number, Type: "tcp" })),
  NetworkSettings: {
    Networks: Object.fromEntries(
      Object.entries(networks).map(([key, { ip }]) => [key, { IPAddress: ip ?? "" }]),
    ),
  },
});

/** Hostnames below `.localhost` are not looked up; the edge of the sandbox answers for them. */
const visitOf =
  ({ sandbox: { edge } }: Home): HttpProbe =>
  async (url) => {
    const { hostname, pathname, search } = new URL(url);
    const { status, headers, body } = await probe(edge.port, hostname, pathname + search);
    return {
      status,
      location: headers.location === undefined ? undefined : new URL(headers.location, url).href,
      body,
    };
  };

/** Remembers the current state of the sandbox. @returns a function that restores it */
function rememberState({ cloudflare, authentik, controls }: Sandbox): () => void {
  const parts = [cloudflare.state, authentik.state].map(
    (state) => [state, structuredClone(state)] as const,
  );
  return () => {
    controls.heal();
    for (const [state, kept] of parts) {
      for (const [name, was] of Object.entries(structuredClone(kept))) {
        const is: unknown = state[name as keyof typeof state];
        if (is instanceof Map) refill(is, was as Map<unknown, unknown>);
        else if (is instanceof Set) is.clear();
        else if (Array.isArray(is)) is.splice(0, is.length, ...(was as unknown[]));
        else if (typeof is === "object" && is !== null) Object.assign(is, was);
        else Object.assign(state, { [name]: was });
      }
      for (const name of Object.keys(state))
        if (!Object.hasOwn(kept, name)) delete state[name as keyof typeof state];
    }
  };
}

function refill(map: Map<unknown, unknown>, was: ReadonlyMap<unknown, unknown>): void {
  map.clear();
  for (const [key, value] of was) map.set(key, value);
}
