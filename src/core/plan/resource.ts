import type { Exposure } from "../domain/exposure.ts";
import type { Problem } from "../domain/problem.ts";
import type { Route, RouteKey } from "../domain/route.ts";
import type { DeployedRoute, DesiredState } from "./types.ts";

/**
 * One thing to do to one remote object. Changes with the same `key` are the same change, such as a
 * policy that two routes need.
 */
export interface Change {
  readonly kind: string;
  readonly action: "create" | "update" | "delete";
  readonly key: string;
  /** The hostname or name that people know the object by. */
  readonly subject: string;
  /**
   * The foreign object that it replaces, if a label asks to adopt: `the DNS record A 203.0.113.7`.
   */
  readonly takes?: string;
}

/** The foreign object that the change replaces, in words; undefined for nearly every change. */
export const describeReplaced = ({ takes }: Change): string | undefined => takes || undefined;

/**
 * The state of one resource of one route.
 *
 * | is       | the object                                         | the planner may          |
 * |----------|----------------------------------------------------|--------------------------|
 * | absent   | does not exist                                     | create it, if desired    |
 * | in-sync  | is ours and as desired                             | build on it              |
 * | drifted  | is ours and differs                                | fix it, or remove it     |
 * | orphaned | is ours and no longer desired                      | remove it                |
 * | shared   | is ours, and not desired here but by another route | leave it                 |
 * | conflict | is foreign, where ours would have to be            | report it, do nothing    |
 */
export type ResourceState<C extends Change> =
  | {
      readonly is: "absent";
      readonly create: C | undefined;
      /** Whether the new rule takes fewer requests than the placeholder rule in its place. */
      readonly narrowsMatch?: boolean;
    }
  /**
   * `remove` is set if this object must go before the one below it is replaced: without that one it
   * could not be told from a foreign object.
   */
  | { readonly is: "in-sync"; readonly remove?: C }
  | {
      readonly is: "drifted";
      /** Undefined while it has to wait: it stays as it is, and admits no one whom it should not. */
      readonly repair: C | undefined;
      readonly remove: C;
      /**
       * Set if it differs in what is shown or in who may see it; undefined for any other
       * difference.
       */
      readonly changes: "origin" | "audience" | undefined;
      /** Whether the object above must be removed before this one changes. */
      readonly dependentsFirst?: boolean;
      /** Whether the repaired rule takes fewer requests: the others reach a route around it. */
      readonly narrowsMatch?: boolean;
      /** Makes it admit no one, whatever is above it; undefined if that is impossible. */
      readonly lockdown?: C | undefined;
    }
  | { readonly is: "orphaned"; readonly remove: C }
  | { readonly is: "shared" }
  | { readonly is: "conflict"; readonly problem: Problem };

/**
 * A resource that each route has. In the chain of a route, each resource needs the ones below it.
 */
export interface RouteResource<Observed, C extends Change> {
  readonly kind: C["kind"];
  /**
   * What a route waits for until this is in sync: "Cloudflare to confirm the Access application".
   */
  readonly pendingReason: string;
  assess(
    route: Route,
    exposure: Exposure | undefined,
    observed: Observed,
    desired: DesiredState,
  ): ResourceState<C>;
}

/** A resource that all routes need before any can open: the tunnel, the login method. */
export interface Prerequisite<Observed, C extends Change> {
  readonly kind: C["kind"];
  readonly pendingReason: string;
  /** The next changes, and whether it is ready for routes as it is. */
  propose(
    observed: Observed,
    desired: DesiredState,
  ): {
    readonly changes: readonly C[];
    readonly problems: readonly Problem[];
    readonly ready: boolean;
  };
}

/** Removes objects of ours that no route uses any more. */
export type GarbageCollector<Observed, C extends Change> = (
  observed: Observed,
  desired: DesiredState,
) => readonly C[];

/**
 * For the convenience of people, not for safety: nothing waits for it, and its failures block
 * nothing.
 *
 * @param live - the routes that are completely as desired
 */
export type BestEffort<Observed, C extends Change> = (
  observed: Observed,
  desired: DesiredState,
  live: ReadonlySet<RouteKey>,
) => { readonly changes: readonly C[]; readonly problems: readonly Problem[] };

/** Reports problems of the observed state, and changes nothing. */
export type Diagnostic<Observed> = (
  observed: Observed,
  desired: DesiredState,
) => readonly Problem[];

/** All that the planner knows of the resources. */
export interface ResourceModel<Observed, C extends Change> {
  readonly prerequisites: readonly Prerequisite<Observed, C>[];
  /** The lowest first. */
  readonly routeChain: readonly RouteResource<Observed, C>[];
  readonly garbageCollectors: readonly GarbageCollector<Observed, C>[];
  readonly bestEffort: readonly BestEffort<Observed, C>[];
  readonly diagnostics: readonly Diagnostic<Observed>[];
  /**
   * The policies that are to decide who enters, in the same form as `DeployedRoute.audience`;
   * undefined until they exist.
   */
  audienceOf(exposure: Exposure, observed: Observed): string | undefined;
  /** Whether the exposure admits anyone, or shows anything, beyond what its route does now. */
  grantsAccess(exposure: Exposure, observed: Observed): boolean;
  /**
   * Changes that are made along with the required ones, but are no reason to write by themselves.
   */
  accompany(required: readonly C[], observed: Observed): readonly C[];
  /** Removes what the route shows or admits beyond the exposure; undefined if there is nothing. */
  removeOverreach(exposure: Exposure, observed: Observed, desired: DesiredState): C | undefined;
  /**
   * Adds a placeholder rule where a route cannot open yet; undefined if a rule of ours is there
   * already.
   */
  placeholderFor(route: Route, observed: Observed): C | undefined;
  /**
   * Makes the rule of the route lead to this service and changes nothing else; undefined if there
   * is no rule, or if it leads there already.
   */
  reroute(route: Route, service: string, observed: Observed): C | undefined;
  /**
   * The next step of taking over foreign objects at the route; undefined if one of them cannot be
   * taken over.
   */
  planTakeover(route: Route, exposure: Exposure, observed: Observed): C | undefined;
  /** The routes that have at least one object of ours. */
  deployedRoutes(observed: Observed): readonly DeployedRoute[];
}
