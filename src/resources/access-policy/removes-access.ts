import type { AccessApplication } from "../access-application/types.ts";
import { canonicalPolicy } from "./audience.ts";
import { isReplaced } from "./replaced.ts";
import type { ObservedAccessPolicies, Policy, PolicyContent } from "./types.ts";

/** Ours, those that are yet to be made included, and those of others. */
interface Policies extends Pick<ObservedAccessPolicies, "theirs"> {
  readonly mine: readonly Policy[];
}

/**
 * Whether somebody whom the application admits now would not be admitted by the wanted policies. What cannot be told, since a
 * policy is gone or was open to all, counts as narrower: to end logins once too often costs a login.
 *
 * @param wanted - ids of policies, by precedence
 */
export function removesAccess(
  found: Pick<AccessApplication, "policies">,
  wanted: readonly string[],
  seen: Policies,
): boolean {
  if (
    wanted.some((id) =>
      seen.mine.some((policy) => policy.id === id && policy.decision === "bypass"),
    )
  )
    return false;
  const after = new Set(wanted.flatMap((id) => admitted(id, seen) ?? []));
  return found.policies.some((id) => {
    const before = admitted(id, seen);
    return (
      before === undefined ||
      before.some(
        (whom) => !after.has(whom) && !(whom.startsWith("allow ") && everyone(wanted, seen)),
      )
    );
  });
}

/** Each rule that lets somebody in as a text; a policy of the user's as a whole. */
function admitted(id: string, { mine, theirs }: Policies): readonly string[] | undefined {
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

/** Whether whoever can log in at all is admitted; an application offers no other login than Authentik's. */
const everyone = (wanted: readonly string[], { mine }: Policies): boolean =>
  wanted.some((id) => {
    const policy = mine.find((it) => it.id === id);
    return policy?.decision === "allow" && openToAll(policy);
  });

const openToAll = ({ include, require }: PolicyContent): boolean =>
  require.length === 0 && include.some((rule) => Object.hasOwn(rule as object, "login_method"));
