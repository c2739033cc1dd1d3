import { type Exposure, isPublic } from "../../core/domain/exposure.ts";
import type { Owner } from "../../core/domain/owner.ts";
import { routeKey } from "../../core/domain/route.ts";
import type { DesiredState } from "../../core/plan/types.ts";
import { isRevocationPending, hasLoginsToEnd } from "../access-application/propose.ts";
import { desiredPolicies } from "../access-policy/audience.ts";
import { policyIdsFor } from "../access-policy/propose.ts";
import { removesAccess } from "../access-policy/removes-access.ts";
import { admitsMore } from "../access-policy/replaced.ts";
import { removeOrPlaceholder } from "../ingress-rule/propose.ts";
import { isPlaceholderRule, loginCheckOf, ruleOf } from "../ingress-rule/rules.ts";
import type { IngressRuleChange, RawRule } from "../ingress-rule/types.ts";
import type { ObservedState } from "../observed.ts";

/**
 * Takes our rule away where it shows something that is not wished there any more, or lets in somebody who is not; undefined where
 * it does not. For a route that cannot be made as it is to be, since something is missing or somebody else's is in the way.
 *
 * An application that somebody made their own is looked at as well: the rule goes on taking its logins. Where the rule takes those
 * of no application that is known, nothing is known to differ from the wish.
 */
export function removeOverreach(
  owner: Owner,
  exposure: Exposure,
  observed: ObservedState,
  desired: DesiredState,
): IngressRuleChange | undefined {
  const rule = ruleOf(observed, exposure.route);
  if (rule === undefined || isPlaceholderRule(rule, observed.ingress.mark)) return undefined;
  const gone =
    rule.service !== exposure.origin.service ||
    (!isPublic(exposure.protection) &&
      (loginCheckOf(rule)?.required !== true || lost(owner, exposure, observed, rule)));
  return gone ? removeOrPlaceholder(exposure.route, observed, desired) : undefined;
}

/**
 * Whether somebody whom the application lets in is not to be let in, by an old login too that is not ended yet. Policies that are
 * not there yet are taken as they are to be.
 */
function lost(
  owner: Owner,
  { route, protection }: Exposure,
  { access, login, policy }: ObservedState,
  rule: RawRule,
): boolean {
  const ours = access.mine.get(routeKey(route));
  if (ours !== undefined && isRevocationPending(ours)) return true;
  const foreign = ours === undefined ? loginOfForeign(access, rule) : undefined;
  const application = ours ?? foreign;
  if (application === undefined) return false;
  const idp = login.method?.id ?? application.allowedIdps[0];
  const wished =
    desiredPolicies(
      owner,
      protection,
      idp === undefined ? undefined : { id: idp },
      login.groups.claim,
    ) ?? [];
  const known = new Set(policy.mine.map(({ name }) => name));
  const missing = wished
    .filter(({ name }) => !known.has(name))
    .map((it) => ({ ...it, id: it.name }));
  const after = { ...policy, mine: [...policy.mine, ...missing] };
  const policies = policyIdsFor(owner, protection, after);
  if (policies === undefined || removesAccess(application, policies, after)) return true;
  if (foreign === undefined || idp === undefined || protection.kind !== "authentik") return false;
  // What is in place at a route that is taken is not repaired.
  const widened = wished.some((desired) =>
    policy.mine.some((it) => it.name === desired.name && admitsMore(it, desired)),
  );
  return widened || hasLoginsToEnd(foreign, { policies, idp, session: protection.session }, after);
}

/** The logins that the rule takes, where they are those of an application that is not ours. */
const loginOfForeign = ({ theirs }: ObservedState["access"], rule: RawRule) =>
  theirs
    .flatMap(({ login }) => login ?? [])
    .find(({ aud }) => loginCheckOf(rule)?.audTag.includes(aud));
