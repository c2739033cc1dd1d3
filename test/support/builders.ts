/** Builders for tests. Each returns a valid value, and a test passes only what differs. */

import {
  type AuthentikContainer,
  findAuthentik,
} from "../../src/core/domain/authentik-container.ts";
import { noServices } from "../../src/core/domain/compose.ts";
import type { Audience, Display, Exposure, Protection } from "../../src/core/domain/exposure.ts";
import { type Hostname, parseHostname } from "../../src/core/domain/hostname.ts";
import { composeProject, singleContainer } from "../../src/core/domain/party.ts";
import { type Path, parsePath } from "../../src/core/domain/path.ts";
import { parseRouteKey, type Route, type RouteKey, routeKey } from "../../src/core/domain/route.ts";
import type { Port, Workload } from "../../src/core/domain/workload.ts";
import type { LabelContext } from "../../src/core/labels/context.ts";
import { decode } from "../../src/core/labels/decode.ts";
import { identify } from "../../src/core/labels/identity.ts";
import { labelSets } from "../../src/core/labels/label-set.ts";
import { createNameIndex } from "../../src/core/labels/name-index.ts";
import { namedNetworks } from "../../src/core/labels/references.ts";
import { EMPTY_MEMORY, type ReconcileMemory } from "../../src/core/plan/desired-state.ts";
import type { Engine } from "../../src/core/plan/engine.ts";
import type { Decoded, DeployedRoute, FaultyRoute } from "../../src/core/plan/types.ts";
import type { ParseResult } from "../../src/core/text/parse-result.ts";

export const everyone: Audience = { groups: [], emails: [], policies: [], tokens: [] };
export const members: Protection = { kind: "authentik", session: "24h", audience: everyone };
/** Protection for this audience, with a session of a day. */
export const only = (audience: Partial<Audience>): Protection => ({
  kind: "authentik",
  session: "24h",
  audience: { ...everyone, ...audience },
});
export const plain: Display = {
  name: undefined,
  icon: undefined,
  description: undefined,
  category: undefined,
  hidden: false,
};
export const anybody: Protection = { kind: "public" };

function value<T>(parsed: ParseResult<T>): T {
  if (!parsed.ok) throw new Error(parsed.why);
  return parsed.value;
}

export const hostname = (text: string): Hostname => value(parseHostname(text));

export function path(text: string): Path {
  const parsed = value(parsePath(text));
  if (parsed === undefined) throw new Error("that is the whole host");
  return parsed;
}

/** @param text - `app.example.com/api` */
export function route(text: string): Route {
  const parsed = parseRouteKey(text);
  if (parsed === undefined) throw new Error(`no route: ${text}`);
  return parsed;
}

export const key = (text: string): RouteKey => text as RouteKey;

/** An exposed TCP port, published on the host if an address is given. */
export const tcp = (
  number: number,
  published?: { readonly ip: string; readonly port: number },
): Port => ({
  number,
  protocol: "tcp",
  published,
});

/** A container `app` on the tunnel network that exposes port 80. */
export const workload = (
  labels: Workload["labels"] = {},
  more: Partial<Workload> = {},
): Workload => ({
  id: more.name ?? "app",
  name: "app",
  party:
    more.service === undefined
      ? singleContainer(more.name ?? "app")
      : composeProject(more.service.project),
  service: undefined,
  created: 1_000,
  labels,
  imageLabels: { kind: "ignored", names: [] },
  networks: { tunnel: { ip: "172.18.0.2" } },
  ports: [tcp(80)],
  health: "none",
  ...more,
});

/** The exposure of container `app`: http://app:80 for members. */
export const exposure = (at: string, more: Partial<Exposure> = {}): Exposure => ({
  route: route(at),
  origin: { service: "http://app:80", options: {} },
  protection: members,
  display: plain,
  adopt: false,
  adoptHint: `set cfauth.adopt: "true" on container ${more.workload ?? "app"}`,
  party: singleContainer(more.workload ?? "app"),
  shareWith: [],
  shareLabel: "cfauth.share-with",
  workload: "app",
  created: 1_000,
  label: "cfauth.hostname",
  notReadyReason: undefined,
  ...more,
});

/**
 * The exposure as decoded from labels: container `app` is reached by its name on the network
 * `tunnel`.
 */
export const reachedExposure = (at: string, more: Partial<Exposure> = {}): Exposure =>
  exposure(at, { origin: { service: "http://app.tunnel:80", options: {} }, ...more });

/** A route that container `app` asks for with faulty labels. */
export const faultyRoute = (at: string | Route, more: Partial<FaultyRoute> = {}): FaultyRoute => ({
  route: typeof at === "string" ? route(at) : at,
  workload: "app",
  party: singleContainer(more.workload ?? "app"),
  shareWith: [],
  shareLabel: "cfauth.share-with",
  label: "cfauth.hostname",
  created: 1_000,
  members: ["app"],
  service: undefined,
  elsewhere: false,
  saysPublic: false,
  closeNow: false,
  ...more,
});

/** A protected route of ours that leads to http://app:80. */
export const deployed = (at: string, more: Partial<DeployedRoute> = {}): DeployedRoute => ({
  route: route(at),
  service: "http://app:80",
  public: false,
  audience: "everyone",
  placeholder: false,
  application: more.service !== undefined || !("service" in more),
  login: false,
  ...more,
});

/** The container with that name is Authentik. */
export const authentikIs = (name: string): AuthentikContainer => ({
  kind: "found",
  party: singleContainer(name),
  ids: new Set([name]),
  names: new Set([name]),
});

/** By default container `app` is Authentik. */
export type ContextOptions = Partial<Omit<LabelContext, "login">> & {
  readonly login?: Pick<LabelContext["login"], "host" | "path"> &
    Partial<Pick<LabelContext["login"], "container">>;
};

export const context = (
  workloads: readonly Workload[],
  { login, ...more }: ContextOptions = {},
): LabelContext => ({
  prefix: "cfauth",
  reads: [],
  networks: ["tunnel"],
  named: namedNetworks(workloads, { prefix: "cfauth", reads: [] }),
  target: "name",
  domain: "example.com",
  zones: ["example.com"],
  excludedZones: [],
  waitHealthy: true,
  allowService: false,
  allowPublic: true,
  caPools: [],
  defaults: { access: "authentik", groups: [], session: "24h" },
  login: {
    host: "auth.example.com",
    path: "",
    container: findAuthentik(workloads, { kind: "setting", name: "app" }),
    ...login,
  },
  lookups: { groups: { found: [] }, policies: [], tokens: { found: [] } },
  nameIndex: createNameIndex(workloads),
  routed: new Set(),
  services: noServices,
  deployed: new Set(),
  ...more,
});

/** The result of decoding the labels of all these workloads together. */
export function decoded(workloads: readonly Workload[], more: ContextOptions = {}): Decoded {
  const identified = identify(workloads, more.routed ?? new Set(), noServices).workloads;
  const around = context(identified, more);
  const all = labelSets(identified, around).map((labelSet) => decode(labelSet, around));
  return {
    exposures: all.flatMap((it) => it.exposures),
    faulty: all.flatMap((it) => it.faulty),
    problems: all.flatMap((it) => it.problems),
  };
}

/** An engine without running containers, with Authentik elsewhere. */
export const NOTHING_RUNS: Engine = {
  occupants: () => [],
  ownService: () => undefined,
  isRunning: () => false,
  login: { hostname: "auth.example.org", container: { kind: "unnamed" } },
};

/** The memory of a process that created every Access application of these exposures itself. */
export const knowing = (exposures: readonly Exposure[]): ReconcileMemory => ({
  ...EMPTY_MEMORY,
  applications: new Map(exposures.map(({ route: at, party }) => [routeKey(at), party])),
});

/** An engine on which each route leads to the containers that ask for it. */
export const running = (
  exposures: readonly Pick<Exposure, "route" | "workload" | "party">[],
): Engine => ({
  ...NOTHING_RUNS,
  occupants: ({ route: at }) =>
    exposures
      .filter((it) => routeKey(it.route) === routeKey(at))
      .map(({ workload: id, party }) => ({ id, party, certain: true })),
  isRunning: ({ workload, party }) =>
    exposures.some((it) => it.workload === workload && it.party === party),
});
