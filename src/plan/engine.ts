import type { AuthentikContainer } from "../domain/authentik-container.ts";
import type { Party } from "../domain/party.ts";
import type { StandingRoute } from "./desired.ts";

/** A running workload that a deployed rule leads to, as far as can be seen. */
export interface Occupant {
  readonly id: string;
  readonly party: Party;
  /** Whether its name or id says so, which the engine keeps unique; else only a label, an address or a published port does. */
  readonly certain: boolean;
}

/** What the planner knows of the machine beside the labels. */
export interface Engine {
  /** Only those that are certain, where any is. */
  occupants(route: StandingRoute): readonly Occupant[];
  /** Whether a container of that name and party runs, wherever any rule leads. */
  isRunning(container: Named): boolean;
  readonly login: LoginHost;
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
