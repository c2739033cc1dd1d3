import type { RouteKey } from "../../core/domain/route.ts";
import type { ServiceError } from "../../core/errors.ts";
import type { Change } from "../../core/plan/resource.ts";

/**
 * How much to look at. `all`: at the start, after a failure, and now and then. `routes`: at a resync, only what routes are
 * made of; zones, tunnel, team domain and the like are taken over from `before`, which is then required. `rules`: soon after a
 * write, only the tunnel's document.
 */
export type ObservationScope = "all" | "routes" | "rules";

/** The hands of one sort of remote object. What it should be is decided elsewhere, by pure code. */
export interface ResourceDriver<Seen, C extends Change> {
  readonly kind: C["kind"];
  /** @throws {ServiceError} when anything could not be read: there is no partial answer */
  observe(depth: ObservationScope, before: Seen | undefined): Promise<Seen>;
  /**
   * Observes what only asking by route shows, once the deployed routes are known. Absent where the list shows everything.
   *
   * @throws {ServiceError} when it could not be read
   */
  observeByRoute?(
    routes: readonly RouteKey[],
    observed: Seen,
    before: Seen | undefined,
  ): Promise<Seen>;
  /**
   * Carries the changes out and answers the world as it then stands, folded from the answers. One change that fails does not
   * keep the others from being done. Never throws a ServiceError: failures are part of the answer.
   */
  apply(changes: readonly C[], seen: Seen): Promise<ApplyResult<Seen, C>>;
}

export interface ApplyResult<Seen, C extends Change> {
  readonly observed: Seen;
  readonly applied: readonly C[];
  readonly failures: readonly { readonly change: C; readonly error: ServiceError }[];
  /** Whether what stands is no longer known (a lost answer, a stranger's write): observe again before the next plan. */
  readonly outcomeUnknown: boolean;
}
