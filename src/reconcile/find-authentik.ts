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
import { findOccupants } from "./occupants.ts";

export interface LoginHostSettings {
  /** The host of AUTHENTIK_URL. */
  readonly host: string;
  readonly path: string;
  /** How the settings name Authentik's container. Without it no container is Authentik's. */
  readonly reference?: AuthentikReference;
  /** The name of the machine that cfauth runs on; in a container its short id. */
  readonly machine?: string;
}

export interface EngineState {
  readonly workloads: readonly Workload[];
  readonly nameIndex: NameIndex;
  readonly deployed: readonly DeployedRoute[];
}

export interface FoundAuthentik {
  readonly container: AuthentikContainer;
  /**
   * Its party, once a deployed rule on its hostname has led to it. A name alone is not enough to
   * remember it.
   */
  readonly knownParty: Party | undefined;
}

/**
 * Finds Authentik among the running containers.
 *
 * @param knownParty - the party remembered from earlier passes
 */
export function findAuthentikOn(
  { workloads, nameIndex, deployed }: EngineState,
  login: LoginHostSettings,
  observed: ObservedState,
  knownParty: Party | undefined,
): FoundAuthentik {
  const { host, reference = { kind: "none" }, machine = "" } = login;
  if (isPublic(reference, observed)) return { container: { kind: "unnamed" }, knownParty };
  const occupantsOfRules = deployed
    .filter((it) => it.route.hostname === host && isDeployed(it))
    .map(({ service = "" }) => findOccupants(workloads, service, nameIndex.leadsTo(service)));
  const incumbents = new Set(
    occupantsOfRules
      .flat()
      .filter(({ certain }) => certain)
      .map(({ id }) => id),
  );
  const ownParty = findSelf(workloads, machine)?.party;
  const container = findAuthentik(workloads, reference, {
    ownParty,
    knownParty,
    incumbents,
    isAway: occupantsOfRules.some((all) => all.length === 0),
  });
  const isLedTo = container.kind === "found" && [...container.ids].some((id) => incumbents.has(id));
  return { container, knownParty: isLedTo ? container.party : knownParty };
}

/**
 * Whether the host is in a zone of the account: then it is a public address, even if a container
 * has that name.
 */
const isPublic = (reference: AuthentikReference, { dns }: ObservedState): boolean =>
  reference.kind === "host" &&
  dns.zones.some(({ name }) => covers(`*.${name}`, reference.host) || name === reference.host);
