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
import { findOccupants } from "./occupants.ts";

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
  /** CFAUTH_DOMAIN. Without it, bare names are completed with the zone if there is only one. */
  readonly domain: string | undefined;
  /** CFAUTH_ZONES; undefined means all zones that the token sees. */
  readonly allowedZones: readonly string[] | undefined;
}

/** Computes the desired state from the running workloads and the observed state. */
export function computeDesired(
  settings: DesiredStateSettings,
  grace: Grace,
  listed: readonly Workload[],
  observed: ObservedState,
  memory: ReconcileMemory,
  now: number,
): Decision {
  const visibleZones = observed.dns.zones.map(({ name }) => name);
  const zones = visibleZones.filter((name) => settings.allowedZones?.includes(name) ?? true);
  const disallowedZones = visibleZones.filter((name) => !zones.includes(name));
  const deployed = deployedRoutes(observed);
  const { host, path } = settings.login;
  const routed = new Set(deployed.flatMap(({ service }) => placesOf(service ?? "")));
  const knownNetworks = [
    ...new Set([
      ...settings.networks,
      ...memory.named,
      ...listed.flatMap((it) => Object.keys(it.networks)),
    ]),
  ];
  const { workloads, services } = identify(listed, namesIn(routed, knownNetworks), memory.services);
  const nameIndex = createNameIndex(workloads);
  const { container, knownParty } = findAuthentikOn(
    { workloads, nameIndex, deployed },
    settings.login,
    observed,
    memory.authentik,
  );
  const context: LabelContext = {
    ...settings,
    login: { host, path, container },
    zones,
    excludedZones: [...observed.dns.excludedZones, ...disallowedZones],
    domain: settings.domain ?? (zones.length === 1 ? zones[0] : undefined),
    named: namedNetworks(workloads, settings),
    nameIndex,
    routed,
    services,
    deployed: new Set(deployed.map(({ route }) => route.hostname)),
    lookups: { ...observed.lookups, policies: observed.policy.theirs },
  };
  // Authentik's container is decoded apart, so that no copy of its labels counts as its replica.
  const { own = [], others = [] } = Object.groupBy(workloads, (it) =>
    isAuthentik(container, it) ? "own" : "others",
  );
  const decoded = [own, others]
    .flatMap((it) => labelSets(it, settings))
    .map((labelSet) => decode(labelSet, context));
  const named = [...new Set([...memory.named, ...context.named])];
  const routelessProblems = [
    ...ignoredImageLabels(workloads, settings),
    ...networkProblems(workloads, [...settings.networks, ...named]),
  ];
  // The network of a tenant that this process never saw is unknown: a name counts on all of them.
  const networksOf = ({ route }: Pick<DeployedRoute, "route">) =>
    memory.tenures.get(routeKey(route))?.tenant === undefined
      ? undefined
      : [...settings.networks, ...named];
  const engine: Engine = {
    occupants: (it) =>
      it.service === undefined
        ? []
        : findOccupants(
            workloads,
            it.service,
            nameIndex.mayLeadTo(it.service, networksOf(it)),
            settings.networks,
          ),
    ownService: (service, owners) => ownService(service, owners, workloads, context),
    isRunning: ({ workload, party }) =>
      workloads.some((it) => it.name === workload && it.party === party),
    login: { hostname: host, container },
    unsure: decoded.flatMap(({ unsure }) => unsure ?? []),
  };
  return resolveDesired(
    [...decoded, { exposures: [], faulty: [], problems: routelessProblems }],
    deployed,
    engine,
    { ...memory, named, services, authentik: knownParty },
    grace,
    now,
  );
}

/** `http://app.tunnel:80` → `app.tunnel` and `app.tunnel:80` */
function placesOf(service: string): readonly string[] {
  const place = parseService(service);
  if (place === undefined) return [];
  const host = place.host.includes(":") ? `[${place.host}]` : place.host;
  return place.port === undefined ? [host] : [host, `${host}:${place.port}`];
}

/**
 * These places, and their names without a network, in lower case: `app.tunnel` → `app.tunnel`,
 * `app`.
 */
const namesIn = (places: Iterable<string>, networks: readonly string[]): ReadonlySet<string> =>
  new Set(
    [...places].flatMap((place) => {
      const scoped = networks.filter((network) => place.endsWith(`.${network}`));
      return [place, ...scoped.map((network) => place.slice(0, -network.length - 1))].map((name) =>
        name.toLowerCase(),
      );
    }),
  );
