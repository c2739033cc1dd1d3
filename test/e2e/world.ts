/** Shared by the long end-to-end tests: isolated settings, the state of the cloud as one text, and an anonymous visitor. */

import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { CLEAN_PATHS, patternPath } from "../../src/core/domain/path.ts";
import type { Application, AuthentikState } from "../sandbox/authentik/state.ts";
import type { AccessApplication, IngressRule } from "../sandbox/cloudflare/state.ts";
import { dockerResolver } from "../sandbox/edge/docker-resolver.ts";
import { type Sandbox, type SandboxOptions, startSandbox } from "../sandbox/index.ts";
import type { Container } from "./docker/container.ts";
import type { Network } from "./docker/network.ts";
import { docker, RUN_ID } from "./docker/run.ts";

/** A label prefix of this run's own, so that its daemons ignore containers of other runs on the same engine. */
const PREFIX = `cfauth-${RUN_ID}`;

/** A label with this run's prefix: `label("access.session")`. */
export const label = (key: string): string => `${PREFIX}.${key}`;

export const labels = (keys: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(keys).map(([key, value]) => [label(key), value]));

export const OWNER = "e2e";

/** Settings of a daemon for this sandbox and network. */
export const settings = (
  sandbox: Sandbox,
  net: Network,
  more: Readonly<Record<string, string>> = {},
): Record<string, string> => ({
  ...sandbox.environment,
  CFAUTH_NETWORK: net.name,
  CFAUTH_LABEL_PREFIX: PREFIX,
  CFAUTH_OWNER: OWNER,
  CFAUTH_GRACE_PERIOD: "0s",
  CFAUTH_STARTUP_GRACE_PERIOD: "0s",
  // Hundreds of daemons start here. Without the cache each would compile the program again.
  NODE_COMPILE_CACHE: join(tmpdir(), "cfauth-test-compile-cache"),
  ...more,
});

/** Starts a sandbox whose cloudflared is on this network. */
export const sandboxOn = async (net: Network, options: SandboxOptions = {}): Promise<Sandbox> =>
  startSandbox({ resolve: dockerResolver(await docker(), [net.name]), ...options });

/** The whole state of Cloudflare and Authentik at one moment. */
export interface Photograph {
  readonly text: string;
  /** Authentik's address. It appears in many places of the text and differs between sandboxes. */
  readonly authentikUrl: string;
}

export function photograph({ cloudflare, authentik, environment }: Sandbox): Photograph {
  const maps = Object.entries(cloudflare.state).flatMap(([name, part]) =>
    part instanceof Map ? [[name, [...part]] as const] : [],
  );
  const lists = Object.entries(authentik.state).filter(([, part]) => Array.isArray(part));
  return {
    text: JSON.stringify({ maps, lists }),
    authentikUrl: environment["AUTHENTIK_URL"] ?? "",
  };
}

/** Restores this state in a fresh sandbox. Not for a sandbox that a daemon has used, because its edge keeps its configuration. */
export function restore({ cloudflare, authentik, environment }: Sandbox, then: Photograph): void {
  const { maps, lists } = JSON.parse(
    then.text.replaceAll(then.authentikUrl, environment["AUTHENTIK_URL"] ?? ""),
  ) as {
    readonly maps: readonly [string, readonly [string, unknown][]][];
    readonly lists: readonly [string, readonly unknown[]][];
  };
  const state = { ...cloudflare.state, ...authentik.state } as unknown as Record<
    string,
    Map<string, unknown> & unknown[]
  >;
  for (const [name, entries] of maps) {
    state[name]?.clear();
    for (const [key, value] of entries) state[name]?.set(key, value);
  }
  for (const [name, items] of lists) state[name]?.splice(0, Infinity, ...items);
}

/** Everything that daemons create, one sorted line per object. Duplicates are two lines. */
export function inventory({ cloudflare, authentik }: Sandbox): readonly string[] {
  const { apps, policies, configurations, records, tunnels, tags, identityProviders } =
    cloudflare.state;
  const all = [...apps.values()];
  const named = (id: string) => policies.get(id)?.name ?? "a policy that is gone";
  return [
    ...all.map(
      (app) => `application ${app.domain}: ${app.policies.map(({ id }) => named(id)).join(", ")}`,
    ),
    ...[...policies.values()].map(({ name, decision }) => `policy ${name}: ${decision}`),
    ...[...configurations.values()].flatMap(({ config }) =>
      config.ingress.map((rule) => ruleLine(rule, all)),
    ),
    ...[...records.values()].map(
      ({ type, name, content }) =>
        `record ${name}: ${type} ${tunnels.has(content.split(".")[0] ?? "") ? "to the tunnel" : content}`,
    ),
    ...[...tunnels.values()].map(({ name }) => `tunnel ${name}`),
    ...[...tags.keys()].map((name) => `tag ${name}`),
    ...[...identityProviders.values()].map(
      ({ name }) => `login method ${name.replace(/#\w+$/, "#…")}`,
    ),
    ...authentik.state.providers.map(({ name }) => `provider ${name}`),
    ...authentik.state.scopeMappings
      .filter(({ managed }) => managed === null)
      .map(({ name }) => `scope mapping ${name}`),
    ...authentik.state.applications.map((application) =>
      applicationLine(application, authentik.state),
    ),
  ].toSorted();
}

function applicationLine(
  { pk, slug, name, meta_launch_url, meta_publisher }: Application,
  { bindings, groups }: AuthentikState,
): string {
  if (!meta_publisher.startsWith("cfauth:")) return `Authentik application ${slug}`;
  const bound = bindings
    .filter(({ target }) => target === pk)
    .map(({ group }) => groups.find((it) => it.pk === group)?.name ?? "somebody");
  return `tile ${name} to ${meta_launch_url}${bound.length === 0 ? "" : ` for ${bound.toSorted().join(", ")}`}`;
}

function ruleLine(
  { hostname, path, service, originRequest }: IngressRule,
  apps: readonly AccessApplication[],
): string {
  const of = (aud: string) =>
    apps.find((app) => app.aud === aud)?.domain ?? "an application that is gone";
  const access = originRequest?.access;
  const [marks, audiences] = [true, false].map((wanted) =>
    (access?.audTag ?? []).filter((aud) => aud.startsWith("cfauth:") === wanted),
  );
  const place = `${hostname ?? "anything else"}${path === undefined ? "" : ` (${path === CLEAN_PATHS ? "clean paths" : `^${patternPath(path) ?? path.split("(")[0]}`})`}`;
  const applications = audiences?.map(of).join(", ") || undefined;
  const check =
    access?.required === true
      ? `logins of ${applications ?? "no application"}`
      : applications && `no check of ${applications}`;
  const mark = marks?.length ? `marked ${marks.join(" and ")}` : undefined;
  return [`rule ${place}: ${service}`, check, mark].filter((part) => part !== undefined).join(", ");
}

export interface Place {
  readonly host: string;
  readonly path: string;
}

/** The ids of the containers that an anonymous visitor may see at a place. */
export type MayReach = (place: Place) => readonly Container[];

/** An anonymous visitor on the internet who tries every place. */
export interface Stranger extends AsyncDisposable {
  /** What the visitor saw and must not see. */
  readonly leaks: readonly string[];
  /** Tries the places and records under `when` which of them should have been closed. */
  look(when: string, places: readonly Place[]): Promise<void>;
  /** The container that answers there now, by the beginning of its id; undefined if none does. */
  reaches(place: Place): Promise<string | undefined>;
}

export function stranger(port: number, mayReach: MayReach): Stranger {
  const agent = new http.Agent({ keepAlive: true });
  const leaks: string[] = [];
  const reaches = async ({ host, path }: Place): Promise<string | undefined> => {
    const request = http.request({
      host: "127.0.0.1",
      port,
      path,
      agent,
      headers: { host: `${host}:${port}` },
    });
    const response = new Promise<http.IncomingMessage>((resolve, reject) =>
      request.on("response", resolve).on("error", reject),
    );
    request.end();
    try {
      return /^Hello from (\w+)/.exec(await text(await response))?.[1];
    } catch (error) {
      // The edge closed an idle connection while it was reused. Ask again on a new one.
      if (
        request.reusedSocket &&
        error instanceof Error &&
        "code" in error &&
        error.code === "ECONNRESET"
      )
        return reaches({ host, path });
      throw error;
    }
  };
  return {
    leaks,
    reaches,
    look: async (when, places) => {
      for (const place of places) {
        const reached = await reaches(place);
        if (reached === undefined || mayReach(place).some(({ id }) => id.startsWith(reached)))
          continue;
        leaks.push(`${when}: ${place.host}${place.path} showed ${reached}`);
      }
    },
    [Symbol.asyncDispose]: async () => agent.destroy(),
  };
}
