import { type AuthentikContainer, type AuthentikReference, findAuthentik } from "../domain/authentik-container.ts";
import { covers } from "../domain/hostname.ts";
import type { Party } from "../domain/party.ts";
import { findSelf } from "../domain/self.ts";
import type { Workload } from "../domain/workload.ts";
import type { World } from "../kinds/world.ts";
import type { Neighbours } from "../labels/neighbours.ts";
import type { StandingRoute } from "../plan/desired.ts";
import { isDeployed } from "../plan/tenure.ts";
import { occupants } from "./occupants.ts";

export interface LoginSettings {
  /** Of AUTHENTIK_URL. */
  readonly host: string;
  readonly path: string;
  /** How the settings name Authentik's container; without it no container can be it. */
  readonly reference?: AuthentikReference;
  /** What the machine is called on which cfauth runs: in a container its short id. */
  readonly machine?: string;
}

export interface Machine {
  readonly workloads: readonly Workload[];
  readonly neighbours: Neighbours;
  readonly standing: readonly StandingRoute[];
}

/**
 * Which of the running containers is Authentik.
 *
 * @param knownParty - the party that it had when it was last found
 */
export function authentikOn(
  { workloads, neighbours, standing }: Machine,
  login: LoginSettings,
  world: World,
  knownParty: Party | undefined,
): AuthentikContainer {
  const { host, reference = { kind: "none" }, machine = "" } = login;
  if (isPublic(reference, world)) return { kind: "unnamed" };
  const deployed = standing.filter((it) => it.route.hostname === host && isDeployed(it));
  const led = deployed.map(({ service = "" }) => occupants(workloads, service, neighbours.leadsTo(service)));
  return findAuthentik(workloads, reference, {
    ownParty: findSelf(workloads, machine)?.party,
    knownParty,
    incumbents: new Set(led.flatMap((all) => all.filter(({ certain }) => certain).map(({ id }) => id))),
    isAway: led.some((all) => all.length === 0),
  });
}

/** A host in a zone of the account is a public address, whatever a container is called. */
const isPublic = (reference: AuthentikReference, { dns }: World): boolean =>
  reference.kind === "host" && dns.zones.some(({ name }) => covers(`*.${name}`, reference.host) || name === reference.host);
