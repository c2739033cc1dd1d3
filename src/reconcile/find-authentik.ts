import {
  type AuthentikContainer,
  type AuthentikReference,
  findAuthentik,
} from "../core/domain/authentik-container.ts";
import { covers } from "../core/domain/hostname.ts";
import type { Party } from "../core/domain/party.ts";
import { findSelf } from "../core/domain/self.ts";
import type { Workload } from "../core/domain/workload.ts";
import type { NameIndex } from "../core/labels/name-index.ts";
import { isDeployed } from "../core/plan/tenure.ts";
import type { DeployedRoute } from "../core/plan/types.ts";
import type { ObservedState } from "../resources/observed.ts";
import { occupants } from "./occupants.ts";

export interface LoginHostSettings {
  /** Of AUTHENTIK_URL. */
  readonly host: string;
  readonly path: string;
  /** How the settings name Authentik's container; without it no container can be it. */
  readonly reference?: AuthentikReference;
  /** What the machine is called on which cfauth runs: in a container its short id. */
  readonly machine?: string;
}

export interface EngineState {
  readonly workloads: readonly Workload[];
  readonly nameIndex: NameIndex;
  readonly deployed: readonly DeployedRoute[];
}

export interface FoundAuthentik {
  readonly container: AuthentikContainer;
  /** Its party, as soon as a deployed rule on its hostname has led to it: a name alone is not enough to be remembered. */
  readonly knownParty: Party | undefined;
}

/**
 * Which of the running containers is Authentik.
 *
 * @param knownParty - the party that is remembered from the passes before
 */
export function findAuthentikOn(
  { workloads, nameIndex, deployed: standing }: EngineState,
  login: LoginHostSettings,
  observed: ObservedState,
  knownParty: Party | undefined,
): FoundAuthentik {
  const { host, reference = { kind: "none" }, machine = "" } = login;
  if (isPublic(reference, observed)) return { container: { kind: "unnamed" }, knownParty };
  const deployed = standing.filter((it) => it.route.hostname === host && isDeployed(it));
  const led = deployed.map(({ service = "" }) =>
    occupants(workloads, service, nameIndex.leadsTo(service)),
  );
  const incumbents = new Set(
    led.flatMap((all) => all.filter(({ certain }) => certain).map(({ id }) => id)),
  );
  const ownParty = findSelf(workloads, machine)?.party;
  const container = findAuthentik(workloads, reference, {
    ownParty,
    knownParty,
    incumbents,
    isAway: led.some((all) => all.length === 0),
  });
  const isLedTo = container.kind === "found" && [...container.ids].some((id) => incumbents.has(id));
  return { container, knownParty: isLedTo ? container.party : knownParty };
}

/** A host in a zone of the account is a public address, whatever a container is called. */
const isPublic = (reference: AuthentikReference, { dns }: ObservedState): boolean =>
  reference.kind === "host" &&
  dns.zones.some(({ name }) => covers(`*.${name}`, reference.host) || name === reference.host);
