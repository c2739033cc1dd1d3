import type { Exposure } from "../../core/domain/exposure.ts";
import type { Owner } from "../../core/domain/owner.ts";
import { routeKey } from "../../core/domain/route.ts";
import { policyIdsFor } from "../access-policy/propose.ts";
import { removesAccess } from "../access-policy/removes-access.ts";
import { ruleOf } from "../ingress-rule/rules.ts";
import type { ObservedState } from "../observed.ts";

/** Whether the wish lets in anybody, or shows anything, that is not let in or shown at its route now. */
export function grantsAccess(
  owner: Owner,
  { route, origin, protection }: Exposure,
  observed: ObservedState,
): boolean {
  const application = observed.access.mine.get(routeKey(route));
  const wanted = policyIdsFor(owner, protection, observed.policy);
  if (
    application === undefined ||
    wanted === undefined ||
    ruleOf(observed, route)?.service !== origin.service
  )
    return true;
  return removesAccess({ policies: wanted }, application.policies, observed.policy);
}
