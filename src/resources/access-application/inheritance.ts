import type { RouteKey } from "../../core/domain/route.ts";
import type { AccessApplicationChange, Inheritance, ObservedAccessApplications } from "./types.ts";

/**
 * What the user had set on applications that were deleted to be replaced. Kept here until the new
 * one exists, because Cloudflare does not keep it.
 */
export type Inheritances = Map<RouteKey, Inheritance>;

/** Call it before the application is deleted, so that a lost answer loses nothing. */
export function rememberInheritance(
  inheritances: Inheritances,
  {
    existing,
    replacedFor,
  }: Extract<AccessApplicationChange, { readonly action: "delete"; existing: unknown }>,
): void {
  if (replacedFor !== undefined)
    inheritances.set(existing.route, {
      party: replacedFor,
      unmanagedFields: existing.unmanagedFields,
      tags: existing.tags,
    });
}

/** The form in which the planner sees them. */
export const observedInheritances = (
  inheritances: Inheritances,
): Pick<ObservedAccessApplications, "replaced"> => ({
  replaced: new Map(inheritances),
});
