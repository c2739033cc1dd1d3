import { policyAdmissionChange, policyWords } from "../access-policy/diff.ts";
import { removesAccess } from "../access-policy/removes-access.ts";
import type { ObservedAccessPolicies } from "../access-policy/types.ts";
import {
  type AdmissionChange,
  type Diff,
  diffFields,
  type Fields,
  fieldsOf,
} from "../contract/diff.ts";
import { REVOCATION_SUFFIX } from "./propose.ts";
import type { AccessApplication, AccessApplicationChange, DesiredApplication } from "./types.ts";

/** @param policy - by which the ids of policies have their names */
export function diffAccessApplication(
  change: AccessApplicationChange,
  policy: ObservedAccessPolicies,
): Diff {
  if ("foreign" in change) {
    const left = change.foreign.destinations.filter((it) => it !== change.place);
    return diffFields(
      { covers: change.foreign.destinations },
      left.length === 0 ? undefined : { covers: left },
    );
  }
  if (!("desired" in change)) {
    const what = "existing" in change ? stands(change.existing, policy) : { name: change.subject };
    return change.action === "delete" ? diffFields(what, undefined) : diffFields(undefined, what);
  }
  const { desired } = change;
  if (!("existing" in change)) {
    const made = diffFields(undefined, wished(desired, undefined, policy), {
      exposure: open(desired.policies, policy) ? "PUBLIC" : "protected",
    });
    // The audience tag, which its rule will ask for, is Access's to make.
    return { ...made, unknown: [...made.unknown, "aud"] };
  }
  const { existing } = change;
  const ends = desired.name.endsWith(REVOCATION_SUFFIX);
  const before = { ...stands(existing, policy), ...(ends && { oldLogins: "hold" }) };
  const after = { ...wished(desired, existing, policy), ...(ends && { oldLogins: "to be ended" }) };
  return diffFields(before, after, {
    exposure: reach(existing.policies, desired.policies, policy),
  });
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

const wished = (
  desired: DesiredApplication,
  at: AccessApplication | undefined,
  policy: ObservedAccessPolicies,
): Fields =>
  fieldsOf({
    name: named(desired.name),
    policies: desired.policies.map((id) => wordsOf(id, policy)),
    session: desired.session,
    login: desired.idp,
    redirectsToLogin: true,
    inLauncher: desired.launcher.visible,
    logo: desired.launcher.logo ?? at?.launcher.logo,
  });

const named = (name: string): string =>
  name.endsWith(REVOCATION_SUFFIX) ? name.slice(0, -REVOCATION_SUFFIX.length) : name;

function wordsOf(id: string, { mine, theirs }: ObservedAccessPolicies): string {
  const ours = mine.find((policy) => policy.id === id);
  if (ours !== undefined) return policyWords(ours.name);
  const name = theirs.find((policy) => policy.id === id)?.name;
  return name === undefined ? "a policy that is gone" : `the policy "${name}"`;
}

const open = (ids: readonly string[], { mine }: ObservedAccessPolicies): boolean =>
  mine.some(({ id, decision }) => decision === "bypass" && ids.includes(id));

function reach(
  before: readonly string[],
  after: readonly string[],
  policy: ObservedAccessPolicies,
): AdmissionChange | undefined {
  if (JSON.stringify(before) === JSON.stringify(after)) return undefined;
  if (open(after, policy)) return open(before, policy) ? undefined : "PUBLIC";
  return policyAdmissionChange(
    removesAccess({ policies: after }, before, policy),
    removesAccess({ policies: before }, after, policy),
  );
}
