import { isAuthentik } from "../core/domain/authentik-container.ts";
import { routeKey } from "../core/domain/route.ts";
import { parseService } from "../core/domain/service-url.ts";
import type { Workload } from "../core/domain/workload.ts";
import type { LabelContext } from "../core/labels/context.ts";
import { decode } from "../core/labels/decode.ts";
import { identify } from "../core/labels/identity.ts";
import { ignoredImageLabels } from "../core/labels/image.ts";
import { labelSets } from "../core/labels/label-set.ts";
import { createNameIndex } from "../core/labels/name-index.ts";
import { networkProblems } from "../core/labels/network-problems.ts";
import { ownService } from "../core/labels/own-service.ts";
import { namedNetworks } from "../core/labels/references.ts";
import { type Decision, type ReconcileMemory, resolveDesired } from "../core/plan/desired-state.ts";
import type { Engine } from "../core/plan/engine.ts";
import type { Grace } from "../core/plan/tenure.ts";
import type { DeployedRoute } from "../core/plan/types.ts";
import type { ObservedState } from "../resources/observed.ts";
import { deployedRoutes } from "../resources/route/deployed.ts";
import { findAuthentikOn, type LoginHostSettings } from "./find-authentik.ts";
import { occupants } from "./occupants.ts";

export interface DesiredStateSettings
  extends Omit<
    LabelContext,
    | "zones"
    | "excludedZones"
    | "domain"
    | "named"
    | "nameIndex"
    | "routed"
    | "services"
    | "deployed"
    | "lookups"
    | "login"
  > {
  readonly login: LoginHostSettings;
  /** CFAUTH_DOMAIN; without it the only zone completes bare names, where there is just one. */
  readonly domain: string | undefined;
  /** CFAUTH_ZONES; undefined: all that the token sees. */
  readonly allowedZones: readonly string[] | undefined;
}

/** From what runs and what stands to what is wished. */
export function computeDesired(
  settings: DesiredStateSettings,
  grace: Grace,
  listed: readonly Workload[],
  observed: ObservedState,
  memory: ReconcileMemory,
  now: number,
): Decision {
  const seen = observed.dns.zones.map(({ name }) => name);
  const zones = seen.filter((name) => settings.allowedZones?.includes(name) ?? true);
  const barred = seen.filter((name) => !zones.includes(name));
  const deployed = deployedRoutes(observed);
  const { host, path } = settings.login;
  const routed = new Set(deployed.flatMap(({ service }) => placesOf(service ?? "")));
  const nearby = [
    ...new Set([
      ...settings.networks,
      ...memory.named,
      ...listed.flatMap((it) => Object.keys(it.networks)),
    ]),
  ];
  const { workloads, services } = identify(listed, namesIn(routed, nearby), memory.services);
  const around = createNameIndex(workloads);
  const { container, knownParty } = findAuthentikOn(
    { workloads, nameIndex: around, deployed },
    settings.login,
    observed,
    memory.authentik,
  );
  const context: LabelContext = {
    ...settings,
    login: { host, path, container },
    zones,
    excludedZones: [...observed.dns.excludedZones, ...barred],
    domain: settings.domain ?? (zones.length === 1 ? zones[0] : undefined),
    named: namedNetworks(workloads, settings),
    nameIndex: around,
    routed,
    services,
    deployed: new Set(deployed.map(({ route }) => route.hostname)),
    lookups: { ...observed.lookups, policies: observed.policy.theirs },
  };
  // Apart from all others, so that a copy of its labels is no replica of Authentik.
  const { own = [], others = [] } = Object.groupBy(workloads, (it) =>
    isAuthentik(container, it) ? "own" : "others",
  );
  const decoded = [own, others]
    .flatMap((it) => labelSets(it, settings))
    .map((labelSet) => decode(labelSet, context));
  const named = [...new Set([...memory.named, ...context.named])];
  const ofNoRoute = [
    ...ignoredImageLabels(workloads, settings),
    ...networkProblems(workloads, [...settings.networks, ...named]),
  ];
  // By which network a container was reached that this process has never seen is not known: then a name counts on all of them.
  const on = ({ route }: Pick<DeployedRoute, "route">) =>
    memory.tenures.get(routeKey(route))?.tenant === undefined
      ? undefined
      : [...settings.networks, ...named];
  const engine: Engine = {
    occupants: (it) =>
      it.service === undefined
        ? []
        : occupants(workloads, it.service, around.mayLeadTo(it.service, on(it)), settings.networks),
    ownService: (service, owners) => ownService(service, owners, workloads, context),
    isRunning: ({ workload, party }) =>
      workloads.some((it) => it.name === workload && it.party === party),
    login: { hostname: host, container },
    unsure: decoded.flatMap(({ unsure }) => unsure ?? []),
  };
  const all = [...decoded, { exposures: [], faulty: [], problems: ofNoRoute }];
  return resolveDesired(
    all,
    deployed,
    engine,
    { ...memory, named, services, authentik: knownParty },
    grace,
    now,
  );
}

/** `http://app.tunnel:80` → `app.tunnel` and `app.tunnel:80` */
function placesOf(service: string): readonly string[] {
  const at = parseService(service);
  if (at === undefined) return [];
  const host = at.host.includes(":") ? `[${at.host}]` : at.host;
  return [host, ...(at.port === undefined ? [] : [`${host}:${at.port}`])];
}

/** The names and short ids among these places: `app.tunnel` → `app`. */
const namesIn = (places: Iterable<string>, networks: readonly string[]): ReadonlySet<string> =>
  new Set(
    [...places].flatMap((place) => {
      const scoped = networks.filter((network) => place.endsWith(`.${network}`));
      return [place, ...scoped.map((network) => place.slice(0, -network.length - 1))].map((name) =>
        name.toLowerCase(),
      );
    }),
  );
