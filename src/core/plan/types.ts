import type { Exposure, Protection } from "../domain/exposure.ts";
import type { Hostname } from "../domain/hostname.ts";
import type { Party } from "../domain/party.ts";
import type { Problem } from "../domain/problem.ts";
import type { Route, RouteKey } from "../domain/route.ts";

/** The exposures after conflicts are settled, what must stay as it is, and the problems. */
export interface DesiredState {
  readonly exposures: ReadonlyMap<RouteKey, Exposure>;
  /** Left as they are: their labels cannot be read, or their container has just gone. */
  readonly frozen: ReadonlySet<RouteKey>;
  /** Rules that stay or are about to go, and must lead to this service until then: another container has taken the name in them. */
  readonly reroutes: ReadonlyMap<RouteKey, string>;
  /** Routes asked to be other than public, whether or not they can be opened: what lies around them and lets in more must not open before. */
  readonly protectedRoutes: readonly ProtectedRoute[];
  /** Of the held ones: when the grace of a gone container ends, in milliseconds since 1970. */
  readonly graceDeadlines: ReadonlyMap<RouteKey, number>;
  readonly pending: readonly PendingRoute[];
  readonly problems: readonly Problem[];
  /** The desired routes whose Access application was made for another party: it is replaced, so that old logins end. */
  readonly handovers: ReadonlyMap<RouteKey, Handover>;
  /**
   * Exact hostnames of one party that a wildcard route of another party covers, with the keys of those wildcards. Where such a
   * hostname has no rule of its own, one that admits no one keeps the wildcard from answering.
   */
  readonly keptFromWildcards: ReadonlyMap<Hostname, ReadonlySet<RouteKey>>;
}

/** A route that changes hands. */
export interface Handover {
  /** Undefined where the earlier holder is not known, as after a restart of cfauth. */
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
 * What a route waits for: a `step` before its own, the `foundation` of all routes (login method, tunnel), what others made
 * there to be taken over (`adoption`), the container's `health`, a `rival` that holds the route or hostname and stopped, the `guard` of a
 * protected route inside it or of another party's hostname, or the `login`: Authentik's own hostname.
 */
export type PendingCause =
  | "step"
  | "foundation"
  | "adoption"
  | "health"
  | "rival"
  | "guard"
  | "login";

/** Nobody wishes anything, and nothing is kept for a while: what one who leaves for good asks for. */
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

/** A container, or the replicas of a service, whose labels may mean any route. */
export interface UnsureWorkload {
  readonly workload: string;
  readonly party: Party;
  readonly ids: readonly string[];
}

export interface ProtectedRoute {
  readonly route: Route;
  readonly workload: string;
  readonly party: Party;
  /** Undefined where the labels are too faulty to tell. */
  readonly service: string | undefined;
  /** Likewise: then nobody is to be let in. */
  readonly protection: Protection | undefined;
}

/** What the labels of one workload come to. */
export interface Decoded {
  /** Who asks, where a fault of the labels may hide which routes they mean: what it has had until now may be one of them. */
  readonly unsure?: UnsureWorkload | undefined;
  readonly exposures: readonly Exposure[];
  /** Routes that are named but faulty: not opened; an open one stays as it is. */
  readonly faulty: readonly FaultyRoute[];
  readonly problems: readonly Problem[];
}

export interface FaultyRoute {
  readonly route: Route;
  readonly workload: string;
  /** Whose wish it is. */
  readonly party: Party;
  /** The parties that may route paths inside this hostname, as far as its labels can be read. */
  readonly shareWith: readonly string[];
  /** The label that lists them; undefined where the labels are another tool's, which have none. */
  readonly shareLabel: string | undefined;
  /** The label that gave the hostname, for problems. */
  readonly label: string;
  /** When the workload was created, in milliseconds since 1970. */
  readonly created: number;
  /** Ids of the containers that ask for it. */
  readonly members: readonly string[];
  /** Where it is to lead; undefined where the fault is in that. */
  readonly service: string | undefined;
  /** Whether it leads, or may lead, to another place than its containers: by a label that is a whole origin URL. */
  readonly elsewhere: boolean;
  /** Whether its labels say `access=public` in so many words: else an open public route is shut, not kept. */
  readonly saysPublic: boolean;
  /** Shut at once even where it is open: leaving it would show something that nobody asked to show. */
  readonly closeNow: boolean;
}

/** The containers that a rule is for. */
export interface RouteOwners {
  /** Their ids, those to lead to first. */
  readonly members: readonly string[];
  /** Whether a rule that leads to none of them now may still have been made for them, before they were recreated. */
  readonly recreated: boolean;
  /** Whether a label of theirs asks for another place than their own. */
  readonly elsewhere: boolean;
}

/** What is known of a route that stands, as far as settling needs it. */
export interface DeployedRoute {
  readonly route: Route;
  /** Where its rule leads, `http://app:80`; undefined where there is no rule. */
  readonly service: string | undefined;
  readonly public: boolean;
  /** Which policies decide who enters, in one text; undefined where that is not known. Two that are equal let in the same. */
  readonly audience: string | undefined;
  /** Whether the rule only keeps the place: it answers 503 while what guards the route is replaced. */
  readonly placeholder: boolean;
  /** Whether it has an Access application of ours. A rule without one was restored by another writer, so no grace period keeps it. */
  readonly application: boolean;
  /** Whether it is Authentik's own: it closes after all others. */
  readonly login: boolean;
}
