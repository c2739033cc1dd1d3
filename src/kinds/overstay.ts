import { type Exposure, open } from "../domain/exposure.ts";
import type { Owner } from "../domain/owner.ts";
import { routeKey } from "../domain/route.ts";
import type { Desired } from "../plan/desired.ts";
import { narrows } from "./access/narrowing.ts";
import { takeAway } from "./ingress/propose.ts";
import { checkOf, isShut, ruleOf } from "./ingress/rules.ts";
import type { IngressChange } from "./ingress/seen.ts";
import { linked } from "./policy/propose.ts";
import type { World } from "./world.ts";

/**
 * Takes our rule away where it shows something that is not wished there any more, or lets in somebody who is not; undefined where
 * it does not. For a route that cannot be made as it is to be, since something is missing or somebody else's is in the way.
 *
 * An application that is not ours any more says nothing of whom it lets in: then nothing is known to be otherwise than wished.
 */
export function overstays(owner: Owner, wish: Exposure, world: World, desired: Desired): IngressChange | undefined {
  const rule = ruleOf(world, wish.route);
  if (rule === undefined || isShut(rule, world.ingress.mark)) return undefined;
  const gone =
    rule.service !== wish.origin.service || (!open(wish.protection) && (checkOf(rule)?.required !== true || lost(owner, wish, world)));
  return gone ? takeAway(wish.route, world, desired) : undefined;
}

/** Whether somebody whom the application lets in is not to be let in. Policies that are not there yet are for others than these. */
function lost(owner: Owner, { route, protection }: Exposure, { access, policy }: World): boolean {
  const application = access.mine.get(routeKey(route));
  const wanted = linked(owner, protection, policy);
  return application !== undefined && (wanted === undefined || narrows(application, wanted, policy));
}
