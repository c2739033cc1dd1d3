import type { Exposure } from "../domain/exposure.ts";
import type { Problem } from "../domain/problem.ts";
import type { Route, RouteKey } from "../domain/route.ts";
import type { DeployedRoute, DesiredState } from "./types.ts";

/** One thing to do to one remote object. `key` is the same for two changes that are one: a policy wanted by two routes. */
export interface Change {
  readonly kind: string;
  readonly action: "create" | "update" | "delete";
  readonly key: string;
  /** The hostname or name that people know the object by. */
  readonly subject: string;
  /** What of somebody else's goes with it, as a person knows it: `the DNS record A 203.0.113.7`. Only where a label asks to adopt. */
  readonly takes?: string;
}

/** What the change takes from somebody else, in words; undefined for nearly every one. */
export const describeReplaced = ({ takes }: Change): string | undefined => takes || undefined;

/**
 * How one kind of object stands for one route.
 *
 * | is      | the object                                       | the planner may            |
 * |---------|--------------------------------------------------|----------------------------|
 * | absent  | is not there                                     | open it, if it is wished   |
 * | stands  | is ours and as wished                            | build on it                |
 * | drifted | is ours and differs from the wish                | mend it, or close it       |
 * | left    | is ours and nobody wishes it                     | close it                   |
 * | shared  | is ours, not wished here, but by another route   | leave it                   |
 * | taken   | is somebody else's where ours would have to be   | say so, and do nothing     |
 */
export type ResourceState<C extends Change> =
  | {
      readonly is: "absent";
      readonly create: C | undefined;
      /** Whether it takes fewer requests once it is open than what keeps its place. */
      readonly narrowsMatch?: boolean;
    }
  /** `close` where what is beneath may have to go while this one could not be told from somebody else's. */
  | { readonly is: "in-sync"; readonly remove?: C }
  | {
      readonly is: "drifted";
      readonly repair: C;
      readonly remove: C;
      /** Whether the difference is in what is shown or in who may see it, not only in how. */
      readonly changes: "origin" | "audience" | undefined;
      /** Whether it is not to be changed before what stands above it is gone. */
      readonly dependentsFirst?: boolean;
      /** Whether it takes fewer requests once it is as wished: the others go to what is around it. */
      readonly narrowsMatch?: boolean;
      /** Lets nobody in from then on, whatever stands above; undefined where it cannot. */
      readonly lockdown?: C | undefined;
    }
  | { readonly is: "orphaned"; readonly remove: C }
  | { readonly is: "shared" }
  | { readonly is: "conflict"; readonly problem: Problem };

/** A kind of object that each route has; the rungs of a route stand on one another in the order of their ranks. */
export interface RouteResource<Observed, C extends Change> {
  readonly kind: C["kind"];
  /** What a route waits for while this rung is not there yet: "Cloudflare to confirm the Access application". */
  readonly pendingReason: string;
  assess(
    route: Route,
    exposure: Exposure | undefined,
    observed: Observed,
    desired: DesiredState,
  ): ResourceState<C>;
}

/** A kind of object that all routes need before any of them can open: the tunnel, the login method. */
export interface Prerequisite<Observed, C extends Change> {
  readonly kind: C["kind"];
  readonly pendingReason: string;
  /** What is to be done next, and whether routes can be built on it as it is. */
  propose(
    observed: Observed,
    desired: DesiredState,
  ): {
    readonly changes: readonly C[];
    readonly problems: readonly Problem[];
    readonly ready: boolean;
  };
}

/** Objects that belong to no single route and are ours: those that no route uses any more. */
export type GarbageCollector<Observed, C extends Change> = (
  observed: Observed,
  desired: DesiredState,
) => readonly C[];

/** What is owed to people, not to safety: nothing waits for it, and its failures hold nothing up. @param live - the routes that are */
export type BestEffort<Observed, C extends Change> = (
  observed: Observed,
  desired: DesiredState,
  live: ReadonlySet<RouteKey>,
) => { readonly changes: readonly C[]; readonly problems: readonly Problem[] };

/** What is to be told of the world as it is, whatever is done. */
export type Diagnostic<Observed> = (
  observed: Observed,
  desired: DesiredState,
) => readonly Problem[];

/** Everything that the planner knows of the kinds. `rungs` by rank, the lowest first. */
export interface ResourceModel<Observed, C extends Change> {
  readonly prerequisites: readonly Prerequisite<Observed, C>[];
  readonly routeChain: readonly RouteResource<Observed, C>[];
  readonly garbageCollectors: readonly GarbageCollector<Observed, C>[];
  readonly bestEffort: readonly BestEffort<Observed, C>[];
  readonly diagnostics: readonly Diagnostic<Observed>[];
  /** Which policies are to decide who enters, in the same text as a standing route's; undefined while they are not there. */
  audienceOf(exposure: Exposure, observed: Observed): string | undefined;
  /** Whether the wish lets in anybody, or shows anything, that is not let in or shown at its route now. */
  grantsAccess(exposure: Exposure, observed: Observed): boolean;
  /** What is written along with the changes that are due, and is no reason to write by itself. */
  accompany(due: readonly C[], observed: Observed): readonly C[];
  /** Takes away what shows something at the route, or lets in somebody, that the wish does not; undefined where nothing does. */
  removeOverreach(exposure: Exposure, observed: Observed, desired: DesiredState): C | undefined;
  /** Puts what lets nobody in where a route cannot open yet; undefined where something of ours is there already. */
  placeholderFor(route: Route, observed: Observed): C | undefined;
  /** Leads the rule of the route to this service and leaves all else of it; undefined where there is none, or it leads there. */
  reroute(route: Route, service: string, observed: Observed): C | undefined;
  /** The next step of taking over what others made at the route; undefined where something there cannot be taken. */
  planTakeover(route: Route, exposure: Exposure, observed: Observed): C | undefined;
  /** The routes that have at least one object of ours. */
  deployedRoutes(observed: Observed): readonly DeployedRoute[];
}
