import type { AccessApplication } from "../access-application/types.ts";
import { canonicalPolicy } from "./audience.ts";
import { isReplaced } from "./replaced.ts";
import type { ObservedAccessPolicies, Policy, PolicyContent } from "./types.ts";

/** Our policies, including those not created yet, and foreign ones. */
interface Policies extends Pick<ObservedAccessPolicies, "theirs"> {
  readonly mine: readonly Policy[];
}

/**
 * Whether the application now admits someone whom the desired policies would not admit.
 *
 * If that is unknown, because a policy is gone or was open to everyone, the answer is yes: ending
 * logins unnecessarily only costs a login.
 *
 * @param desired - ids of policies, by precedence
 */
export function removesAccess(
  existing: Pick<AccessApplication, "policies">,
  desired: readonly string[],
  observed: Policies,
): boolean {
  const bypasses = observed.mine.filter(({ decision }) => decision === "bypass");
  if (bypasses.some(({ id }) => desired.includes(id))) return false;
  const after = new Set(desired.flatMap((id) => admittedBy(id, observed) ?? []));
  const isAdmitted = (rule: string) =>
    after.has(rule) || (rule.startsWith("allow ") && admitsEveryone(desired, observed));
  return existing.policies.some((id) => {
    const before = admittedBy(id, observed);
    return before === undefined || before.some((rule) => !isAdmitted(rule));
  });
}

/** Each rule that admits someone, as a text. A policy of the user counts as one rule. */
function admittedBy(id: string, { mine, theirs }: Policies): readonly string[] | undefined {
  const ours = mine.find((policy) => policy.id === id);
  if (ours !== undefined)
    return ours.decision === "bypass" || isReplaced(ours)
      ? undefined
      : ours.include.map((rule) => `${ours.decision} ${canonicalPolicy(rule)}`);
  const foreign = theirs.find((policy) => policy.id === id);
  return foreign === undefined || foreign.decision === "bypass"
    ? undefined
    : [`${foreign.decision} policy ${id}`];
}

/** Whether everyone who can log in is admitted. Applications offer no login but Authentik's. */
const admitsEveryone = (desired: readonly string[], { mine }: Policies): boolean =>
  desired.some((id) => {
    const policy = mine.find((it) => it.id === id);
    return policy?.decision === "allow" && isUnrestricted(policy);
  });

const isUnrestricted = ({ include, require }: PolicyContent): boolean =>
  require.length === 0 && include.some((rule) => Object.hasOwn(rule as object, "login_method"));
