import { policyAdmissionChange, policyWords } from "../access-policy/diff.ts";
import { removesAccess } from "../access-policy/removes-access.ts";
import type { ObservedAccessPolicies } from "../access-policy/types.ts";
import { type AdmissionChange, type Diff, diffFields, type Fields, fieldsOf } from "../contract/diff.ts";
import { REVOCATION_SUFFIX } from "./propose.ts";
import type { AccessApplication, AccessApplicationChange, DesiredApplication } from "./types.ts";

/** @param policy - by which the ids of policies have their names */
export function diffAccessApplication(change: AccessApplicationChange, policy: ObservedAccessPolicies): Diff {
  if ("foreign" in change) {
    const left = change.foreign.covers.filter((it) => it !== change.place);
    return diffFields({ covers: change.foreign.covers }, left.length === 0 ? undefined : { covers: left });
  }
  if (!("wish" in change)) {
    const what = "at" in change ? stands(change.at, policy) : { name: change.subject };
    return change.action === "delete" ? diffFields(what, undefined) : diffFields(undefined, what);
  }
  const { wish } = change;
  if (!("at" in change)) {
    const made = diffFields(undefined, wished(wish, undefined, policy), { exposure: open(wish.policies, policy) ? "PUBLIC" : "protected" });
    // The audience tag, which its rule will ask for, is Access's to make.
    return { ...made, unknown: [...made.unknown, "aud"] };
  }
  const { at } = change;
  const ends = wish.name.endsWith(REVOCATION_SUFFIX);
  const before = { ...stands(at, policy), ...(ends && { oldLogins: "hold" }) };
  const after = { ...wished(wish, at, policy), ...(ends && { oldLogins: "to be ended" }) };
  return diffFields(before, after, { exposure: reach(at.policies, wish.policies, policy) });
}

const stands = (at: AccessApplication, policy: ObservedAccessPolicies): Fields =>
  fieldsOf({
    name: named(at.name),
    policies: at.policies.map((id) => wordsOf(id, policy)),
    session: at.session,
    login: at.allowedIdps.join(", ") || "any",
    redirectsToLogin: at.autoRedirect,
    inLauncher: at.launcher.visible,
    logo: at.launcher.logo,
  });

const wished = (wish: DesiredApplication, at: AccessApplication | undefined, policy: ObservedAccessPolicies): Fields =>
  fieldsOf({
    name: named(wish.name),
    policies: wish.policies.map((id) => wordsOf(id, policy)),
    session: wish.session,
    login: wish.idp,
    redirectsToLogin: true,
    inLauncher: wish.launcher.visible,
    logo: wish.launcher.logo ?? at?.launcher.logo,
  });

const named = (name: string): string => (name.endsWith(REVOCATION_SUFFIX) ? name.slice(0, -REVOCATION_SUFFIX.length) : name);

function wordsOf(id: string, { mine, theirs }: ObservedAccessPolicies): string {
  const ours = mine.find((policy) => policy.id === id);
  if (ours !== undefined) return policyWords(ours.name);
  const name = theirs.find((policy) => policy.id === id)?.name;
  return name === undefined ? "a policy that is gone" : `the policy "${name}"`;
}

const open = (ids: readonly string[], { mine }: ObservedAccessPolicies): boolean =>
  mine.some(({ id, decision }) => decision === "bypass" && ids.includes(id));

function reach(before: readonly string[], after: readonly string[], policy: ObservedAccessPolicies): AdmissionChange | undefined {
  if (JSON.stringify(before) === JSON.stringify(after)) return undefined;
  if (open(after, policy)) return open(before, policy) ? undefined : "PUBLIC";
  return policyAdmissionChange(removesAccess({ policies: after }, before, policy), removesAccess({ policies: before }, after, policy));
}
