import type { Exposure, Protection } from "../domain/exposure.ts";
import type { Hostname } from "../domain/hostname.ts";
import type { Party } from "../domain/party.ts";
import type { Problem } from "../domain/problem.ts";
import type { Route, RouteKey } from "../domain/route.ts";

/**
 * The exposures after conflicts are resolved, the frozen routes, what is pending, and the problems.
 */
export interface DesiredState {
  readonly exposures: ReadonlyMap<RouteKey, Exposure>;
  /** Routes that stay as they are: their labels are faulty, or their container is missing. */
  readonly frozen: ReadonlySet<RouteKey>;
  /**
   * Where the rules of some routes must lead, because another container has taken the name in them.
   * They stay, or lead there until they go.
   */
  readonly reroutes: ReadonlyMap<RouteKey, string>;
  /**
   * Routes that are meant to be other than public, whether or not they can open. What lies around
   * them and admits more must not open before them.
   */
  readonly protectedRoutes: readonly ProtectedRoute[];
  /**
   * When the grace period of a missing container ends, in milliseconds since 1970. These routes are
   * frozen too.
   */
  readonly graceDeadlines: ReadonlyMap<RouteKey, number>;
  readonly pending: readonly PendingRoute[];
  readonly problems: readonly Problem[];
  /**
   * Desired routes whose Access application was made for another party. It is replaced, so that old
   * logins end.
   */
  readonly handovers: ReadonlyMap<RouteKey, Handover>;
  /**
   * Exact hostnames of one party that wildcard routes of another party cover, with the keys of
   * those wildcards. If such a hostname has no rule of its own, a placeholder rule keeps the
   * wildcard from answering.
   */
  readonly keptFromWildcards: ReadonlyMap<Hostname, ReadonlySet<RouteKey>>;
}

/** A route that changes hands. */
export interface Handover {
  /** Undefined if the earlier holder is unknown, for example after a restart of cfauth. */
  readonly from: Party | undefined;
  readonly to: Party;
}

export interface PendingRoute {
  readonly route: RouteKey;
  readonly cause: PendingCause;
  /** Continues "waiting for …". */
  readonly reason: string;
}

/**
 * What a route waits for.
 *
 * | cause      | what must come first                                                        |
 * |------------|-----------------------------------------------------------------------------|
 * | step       | the next resource in the chain of the route                                 |
 * | foundation | a prerequisite of all routes, such as the login method or the tunnel        |
 * | adoption   | the takeover of foreign objects                                             |
 * | health     | the container's health check                                                |
 * | rival      | another container that has it: in its grace period, or with faulty labels   |
 * | guard      | the rule of a protected route within it or of another party's hostname, or  |
 * |            | the change of a route around it                                             |
 * | login      | Authentik's own hostname                                                    |
 */
export type PendingCause =
  | "step"
  | "foundation"
  | "adoption"
  | "health"
  | "rival"
  | "guard"
  | "login";

/**
 * Nothing is desired, and no grace period keeps anything: the desired state of `cfauth destroy`.
 */
export const NOTHING_DESIRED: DesiredState = {
  exposures: new Map(),
  frozen: new Set(),
  reroutes: new Map(),
  protectedRoutes: [],
  graceDeadlines: new Map(),
  pending: [],
  problems: [],
  handovers: new Map(),
  keptFromWildcards: new Map(),
};

/**
 * A container, or the replicas of a service, with a fault in its labels that may mean any route.
 */
export interface UnsureWorkload {
  readonly workload: string;
  readonly party: Party;
  readonly ids: readonly string[];
}

export interface ProtectedRoute {
  readonly route: Route;
  readonly workload: string;
  readonly party: Party;
  /** Undefined if a fault of the labels hides it. */
  readonly service: string | undefined;
  /** Undefined if a fault of the labels hides it: then the route admits no one. */
  readonly protection: Protection | undefined;
}

/** What the labels of one workload ask for. */
export interface Decoded {
  /**
   * The workload, if a fault of its labels may hide which routes they mean. A route that it has had
   * until now may be one of them.
   */
  readonly unsure?: UnsureWorkload | undefined;
  readonly exposures: readonly Exposure[];
  /** Routes that the labels name with a fault. They are not opened; open ones stay as they are. */
  readonly faulty: readonly FaultyRoute[];
  readonly problems: readonly Problem[];
}

export interface FaultyRoute {
  readonly route: Route;
  readonly workload: string;
  readonly party: Party;
  /** The parties that may route paths inside this hostname, as far as its labels can be read. */
  readonly shareWith: readonly string[];
  /** The label that lists them; undefined if the labels are another tool's, which have none. */
  readonly shareLabel: string | undefined;
  /** The label that gave the hostname, for problems. */
  readonly label: string;
  /** When the workload was created, in milliseconds since 1970. */
  readonly created: number;
  /** Ids of the containers that ask for the route. */
  readonly members: readonly string[];
  /** Where it is to lead; undefined if the fault hides that. */
  readonly service: string | undefined;
  /**
   * Whether a label with a whole origin URL leads it, or may lead it, to another place than its
   * containers.
   */
  readonly elsewhere: boolean;
  /** Whether its labels say `access=public` literally. Otherwise an open public route is closed. */
  readonly saysPublic: boolean;
  /** Close it at once, even if it is open: it would show something that no one asked to show. */
  readonly closeNow: boolean;
}

/** The containers that a rule is meant for. */
export interface RouteOwners {
  /** Their ids, the preferred ones first. */
  readonly members: readonly string[];
  /**
   * Whether a rule that leads to none of them now may have been made for them, before they were
   * recreated.
   */
  readonly recreated: boolean;
  /** Whether one of their labels leads to another place than themselves. */
  readonly elsewhere: boolean;
}

/** A route that has at least one object of ours, as far as planning needs to know it. */
export interface DeployedRoute {
  readonly route: Route;
  /** Where its rule leads, `http://app:80`; undefined if there is no rule. */
  readonly service: string | undefined;
  readonly public: boolean;
  /**
   * The policies that decide who enters; undefined if unknown. Equal texts admit the same people.
   */
  readonly audience: string | undefined;
  /** Whether its rule is a placeholder rule, which answers 503. */
  readonly placeholder: boolean;
  /**
   * Whether it has an Access application of ours. A rule without one was restored by another
   * writer, so no grace period keeps it.
   */
  readonly application: boolean;
  /** Whether it is Authentik's own, which closes after all others. */
  readonly login: boolean;
}
