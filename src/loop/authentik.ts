import { type AuthentikContainer, type AuthentikReference, findAuthentik } from "../domain/authentik-container.ts";
import { covers } from "../domain/hostname.ts";
import type { Workload } from "../domain/workload.ts";
import type { World } from "../kinds/world.ts";
import type { Neighbours } from "../labels/neighbours.ts";
import type { StandingRoute } from "../plan/desired.ts";
import { occupants } from "./occupants.ts";

export interface LoginSettings {
  /** Of AUTHENTIK_URL. */
  readonly host: string;
  readonly path: string;
  /** How the settings name Authentik's container; without it no container can be it. */
  readonly reference?: AuthentikReference;
}

export interface Machine {
  readonly workloads: readonly Workload[];
  readonly neighbours: Neighbours;
  readonly standing: readonly StandingRoute[];
}

/** Which of the running containers is Authentik. */
export function authentikOn({ workloads, neighbours, standing }: Machine, login: LoginSettings, world: World): AuthentikContainer {
  const { host, reference = { kind: "none" } } = login;
  if (isPublic(reference, world)) return { kind: "unnamed" };
  const services = standing.filter(({ route }) => route.hostname === host).flatMap(({ service }) => service ?? []);
  const led = services.flatMap((service) => occupants(workloads, service, neighbours.leadsTo(service)));
  return findAuthentik(workloads, reference, new Set(led.filter(({ certain }) => certain).map(({ id }) => id)));
}

/** A host in a zone of the account is a public address, whatever a container is called. */
const isPublic = (reference: AuthentikReference, { dns }: World): boolean =>
  reference.kind === "host" && dns.zones.some(({ name }) => covers(`*.${name}`, reference.host) || name === reference.host);
