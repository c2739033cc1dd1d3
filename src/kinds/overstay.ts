import { type Exposure, open } from "../domain/exposure.ts";
import type { Owner } from "../domain/owner.ts";
import { routeKey } from "../domain/route.ts";
import type { Desired } from "../plan/desired.ts";
import { narrows } from "./access/narrowing.ts";
import { marked } from "./access/propose.ts";
import { takeAway } from "./ingress/propose.ts";
import { checkOf, isShut, ruleOf } from "./ingress/rules.ts";
import type { IngressChange } from "./ingress/seen.ts";
import { policyWishes } from "./policy/audience.ts";
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

/**
 * Whether somebody whom the application lets in is not to be let in, by an old login too that is not ended yet. Policies that are
 * not there yet are taken as they are to be.
 */
function lost(owner: Owner, { route, protection }: Exposure, { access, login, policy }: World): boolean {
  const application = access.mine.get(routeKey(route));
  if (application === undefined) return false;
  if (marked(application)) return true;
  const idp = login.method?.id ?? application.allowedIdps[0];
  const wished = policyWishes(owner, protection, idp === undefined ? undefined : { id: idp }, login.groups.claim) ?? [];
  const known = new Set(policy.mine.map(({ name }) => name));
  const missing = wished.filter(({ name }) => !known.has(name)).map((it) => ({ ...it, id: it.name }));
  const after = { ...policy, mine: [...policy.mine, ...missing] };
  const wanted = linked(owner, protection, after);
  return wanted === undefined || narrows(application, wanted, after);
}
