import type { AuthentikContainer } from "../domain/authentik-container.ts";
import type { Party } from "../domain/party.ts";
import type { DeployedRoute, RouteOwners, UnsureWorkload } from "./types.ts";

/** A running workload that a deployed rule leads to, as far as can be seen. */
export interface Occupant {
  readonly id: string;
  readonly party: Party;
  /** Whether its name or id says so, which the engine keeps unique; else only a label, an address or a published port does. */
  readonly certain: boolean;
  /** Whether the rule leads to the name of its Compose service, and Compose named the container as one of its replicas. */
  readonly replica?: boolean;
}

/** What the planner knows of the machine beside the labels. */
export interface Engine {
  /** Only those that are certain, where any is. */
  occupants(route: Pick<DeployedRoute, "route" | "service">): readonly Occupant[];
  /**
   * Where a rule to this service must lead so that only these containers answer, with its scheme and port; undefined where it was
   * not made for them, or that is not known.
   */
  ownService(service: string, owners: RouteOwners): string | undefined;
  /** Whether a container of that name and party runs, wherever any rule leads. */
  isRunning(container: Named): boolean;
  readonly login: LoginHost;
  /** Those that run and whose labels may mean any route. */
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
