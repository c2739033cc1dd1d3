import type { AuthentikContainer } from "../domain/authentik-container.ts";
import type { Party } from "../domain/party.ts";
import type { DeployedRoute, RouteOwners, UnsureWorkload } from "./types.ts";

/** A running workload that a deployed rule leads to, as far as cfauth can see. */
export interface Occupant {
  readonly id: string;
  readonly party: Party;
  /**
   * Whether its name or id proves it, which the engine keeps unique. Otherwise only a label, an
   * address or a published port suggests it.
   */
  readonly certain: boolean;
  /**
   * Whether the rule leads to the name of its Compose service, and the container's name is one that
   * Compose gives to a replica of it.
   */
  readonly replica?: boolean;
}

/** What the planner knows of the machine besides the labels. */
export interface Engine {
  /** If any is certain, only the certain ones. */
  occupants(route: Pick<DeployedRoute, "route" | "service">): readonly Occupant[];
  /**
   * Where a rule to this service must lead so that only these containers answer, with its scheme
   * and port; undefined if it was not made for them, or if that is unknown.
   */
  ownService(service: string, owners: RouteOwners): string | undefined;
  /** Whether a container of that name and party runs, wherever the rules lead. */
  isRunning(container: Named): boolean;
  readonly login: LoginHost;
  /** Running workloads whose labels may mean any route. */
  readonly unsure?: readonly UnsureWorkload[];
}

/** A workload by what the engine keeps unique. */
export interface Named {
  readonly workload: string;
  readonly party: Party;
}

/** Authentik's own hostname, and the only container that may have it. */
export interface LoginHost {
  readonly hostname: string;
  readonly container: AuthentikContainer;
}
