import type { RouteKey } from "../../core/domain/route.ts";
import type { AccessApplicationChange, Inheritance, ObservedAccessApplications } from "./types.ts";

/** What the user had set on applications that were deleted to be replaced, until the new one is there. Cloudflare does not keep it. */
export type Inheritances = Map<RouteKey, Inheritance>;

/** Before an application of ours is deleted, so that an answer which gets lost loses nothing. */
export function bequeath(
  left: Inheritances,
  {
    existing,
    replacedFor,
  }: Extract<AccessApplicationChange, { readonly action: "delete"; existing: unknown }>,
): void {
  if (replacedFor !== undefined)
    left.set(existing.route, {
      party: replacedFor,
      unmanagedFields: existing.unmanagedFields,
      tags: existing.tags,
    });
}

/** As the planner sees it. */
export const bequeathed = (left: Inheritances): Pick<ObservedAccessApplications, "replaced"> => ({
  replaced: new Map(left),
});
