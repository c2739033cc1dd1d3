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

/** @param policy - gives the ids of policies their names */
export function diffAccessApplication(
  change: AccessApplicationChange,
  policy: ObservedAccessPolicies,
): Diff {
  if ("foreign" in change) {
    const remaining = change.foreign.destinations.filter((it) => it !== change.place);
    return diffFields(
      { covers: change.foreign.destinations },
      remaining.length === 0 ? undefined : { covers: remaining },
    );
  }
  if (!("desired" in change)) {
    const fields =
      "existing" in change ? existingFields(change.existing, policy) : { name: change.subject };
    return change.action === "delete"
      ? diffFields(fields, undefined)
      : diffFields(undefined, fields);
  }
  const { desired } = change;
  if (!("existing" in change)) {
    const diff = diffFields(undefined, desiredFields(desired, undefined, policy), {
      exposure: isPublic(desired.policies, policy) ? "PUBLIC" : "protected",
    });
    // Access generates the audience tag, which the ingress rule will require.
    return { ...diff, unknown: [...diff.unknown, "aud"] };
  }
  const { existing } = change;
  const endsLogins = desired.name.endsWith(REVOCATION_SUFFIX);
  const before = {
    ...existingFields(existing, policy),
    ...(endsLogins && { oldLogins: "hold" }),
  };
  const after = {
    ...desiredFields(desired, existing, policy),
    ...(endsLogins && { oldLogins: "to be ended" }),
  };
  return diffFields(before, after, {
    exposure: compareAdmission(existing.policies, desired.policies, policy),
  });
}

const existingFields = (existing: AccessApplication, policy: ObservedAccessPolicies): Fields =>
  fieldsOf({
    name: withoutSuffix(existing.name),
    policies: existing.policies.map((id) => describePolicy(id, policy)),
    session: existing.session,
    login: existing.allowedIdps.join(", ") || "any",
    redirectsToLogin: existing.autoRedirect,
    inLauncher: existing.launcher.visible,
    logo: existing.launcher.logo,
  });

const desiredFields = (
  desired: DesiredApplication,
  existing: AccessApplication | undefined,
  policy: ObservedAccessPolicies,
): Fields =>
  fieldsOf({
    name: withoutSuffix(desired.name),
    policies: desired.policies.map((id) => describePolicy(id, policy)),
    session: desired.session,
    login: desired.idp,
    redirectsToLogin: true,
    inLauncher: desired.launcher.visible,
    logo: desired.launcher.logo ?? existing?.launcher.logo,
  });

const withoutSuffix = (name: string): string =>
  name.endsWith(REVOCATION_SUFFIX) ? name.slice(0, -REVOCATION_SUFFIX.length) : name;

function describePolicy(id: string, { mine, theirs }: ObservedAccessPolicies): string {
  const ours = mine.find((policy) => policy.id === id);
  if (ours !== undefined) return policyWords(ours.name);
  const name = theirs.find((policy) => policy.id === id)?.name;
  return name === undefined ? "a policy that is gone" : `the policy "${name}"`;
}

const isPublic = (ids: readonly string[], { mine }: ObservedAccessPolicies): boolean =>
  mine.some(({ id, decision }) => decision === "bypass" && ids.includes(id));

function compareAdmission(
  before: readonly string[],
  after: readonly string[],
  policy: ObservedAccessPolicies,
): AdmissionChange | undefined {
  if (JSON.stringify(before) === JSON.stringify(after)) return undefined;
  if (isPublic(after, policy)) return isPublic(before, policy) ? undefined : "PUBLIC";
  return policyAdmissionChange(
    removesAccess({ policies: after }, before, policy),
    removesAccess({ policies: before }, after, policy),
  );
}
