import type { Exposure } from "../domain/exposure.ts";
import type { Owner } from "../domain/owner.ts";
import { routeKey } from "../domain/route.ts";
import { removesAccess } from "./access/narrowing.ts";
import { ruleOf } from "./ingress/rules.ts";
import { policyIdsFor } from "./policy/propose.ts";
import type { ObservedState } from "./world.ts";

/** Whether the wish lets in anybody, or shows anything, that is not let in or shown at its route now. */
export function grantsAccess(owner: Owner, { route, origin, protection }: Exposure, world: ObservedState): boolean {
  const application = world.access.mine.get(routeKey(route));
  const wanted = policyIdsFor(owner, protection, world.policy);
  if (application === undefined || wanted === undefined || ruleOf(world, route)?.service !== origin.service) return true;
  return removesAccess({ policies: wanted }, application.policies, world.policy);
}
