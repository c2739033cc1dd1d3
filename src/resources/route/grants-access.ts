import type { Exposure } from "../../core/domain/exposure.ts";
import type { Owner } from "../../core/domain/owner.ts";
import { routeKey } from "../../core/domain/route.ts";
import { policyIdsFor } from "../access-policy/propose.ts";
import { removesAccess } from "../access-policy/removes-access.ts";
import { ruleOf } from "../ingress-rule/rules.ts";
import type { ObservedState } from "../observed.ts";

/** Whether the exposure admits anyone, or shows anything, beyond what its route does now. */
export function grantsAccess(
  owner: Owner,
  { route, origin, protection }: Exposure,
  observed: ObservedState,
): boolean {
  const application = observed.access.mine.get(routeKey(route));
  const policies = policyIdsFor(owner, protection, observed.policy);
  if (
    application === undefined ||
    policies === undefined ||
    ruleOf(observed, route)?.service !== origin.service
  )
    return true;
  return removesAccess({ policies }, application.policies, observed.policy);
}
