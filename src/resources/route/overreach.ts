import { type Exposure, isPublic } from "../../core/domain/exposure.ts";
import type { Owner } from "../../core/domain/owner.ts";
import { routeKey } from "../../core/domain/route.ts";
import type { DesiredState } from "../../core/plan/types.ts";
import { hasLoginsToEnd, isRevocationPending } from "../access-application/propose.ts";
import { desiredPolicies } from "../access-policy/audience.ts";
import { policyIdsFor } from "../access-policy/propose.ts";
import { removesAccess } from "../access-policy/removes-access.ts";
import { admitsMore } from "../access-policy/replaced.ts";
import { removeOrPlaceholder } from "../ingress-rule/propose.ts";
import { isPlaceholderRule, loginCheckOf, ruleOf } from "../ingress-rule/rules.ts";
import type { IngressRuleChange, RawRule } from "../ingress-rule/types.ts";
import type { ObservedState } from "../observed.ts";

/**
 * Removes our rule if it shows or admits more than desired; undefined if it does not. Used for a
 * route that cannot reach its desired state, because something is missing or a foreign object is in
 * the way.
 *
 * An application that someone made their own is compared too, because the rule still accepts its
 * logins. If the rule accepts logins of no known application, no overreach is known.
 */
export function removeOverreach(
  owner: Owner,
  exposure: Exposure,
  observed: ObservedState,
  desired: DesiredState,
): IngressRuleChange | undefined {
  const rule = ruleOf(observed, exposure.route);
  if (rule === undefined || isPlaceholderRule(rule, observed.ingress.mark)) return undefined;
  const overreaches =
    rule.service !== exposure.origin.service ||
    (!isPublic(exposure.protection) &&
      (loginCheckOf(rule)?.required !== true || admitsTooMany(owner, exposure, observed, rule)));
  return overreaches ? removeOrPlaceholder(exposure.route, observed, desired) : undefined;
}

/**
 * Whether the application admits someone whom it should not, also by an old login that has not been
 * ended yet. Policies that do not exist yet count as if they did.
 */
function admitsTooMany(
  owner: Owner,
  { route, protection }: Exposure,
  { access, login, policy }: ObservedState,
  rule: RawRule,
): boolean {
  const ours = access.mine.get(routeKey(route));
  if (ours !== undefined && isRevocationPending(ours)) return true;
  const foreign = ours === undefined ? foreignLoginFor(access, rule) : undefined;
  const application = ours ?? foreign;
  if (application === undefined) return false;
  const idp = login.method?.id ?? application.allowedIdps[0];
  const desired =
    desiredPolicies(
      owner,
      protection,
      idp === undefined ? undefined : { id: idp },
      login.groups.claim,
    ) ?? [];
  const known = new Set(policy.mine.map(({ name }) => name));
  const missing = desired
    .filter(({ name }) => !known.has(name))
    .map((it) => ({ ...it, id: it.name }));
  const after = { ...policy, mine: [...policy.mine, ...missing] };
  const policies = policyIdsFor(owner, protection, after);
  if (policies === undefined || removesAccess(application, policies, after)) return true;
  if (foreign === undefined || idp === undefined || protection.kind !== "authentik") return false;
  // Existing policies of a route with a conflict are not repaired.
  const widened = desired.some((one) =>
    policy.mine.some((it) => it.name === one.name && admitsMore(it, one)),
  );
  return widened || hasLoginsToEnd(foreign, { policies, idp, session: protection.session }, after);
}

/** The foreign application's logins that the rule accepts; undefined if there are none. */
const foreignLoginFor = ({ theirs }: ObservedState["access"], rule: RawRule) =>
  theirs
    .flatMap(({ login }) => login ?? [])
    .find(({ aud }) => loginCheckOf(rule)?.audTag.includes(aud));
