import {
  type AdmissionChange,
  type Diff,
  diffFields,
  type Field,
  type Fields,
  fieldsOf,
} from "../contract/diff.ts";
import { canonicalPolicy } from "./audience.ts";
import { removesAccess } from "./removes-access.ts";
import type { AccessPolicyChange, PolicyContent } from "./types.ts";

export function diffAccessPolicy(change: AccessPolicyChange): Diff {
  const before = "existing" in change ? change.existing : undefined;
  const after = "desired" in change ? change.desired : undefined;
  const exposure = before && after && compareAdmission(before, after);
  return diffFields(before && fields(before), after && fields(after), { exposure });
}

/** `cfauth:home members of family` → `members of family` */
export const policyWords = (name: string): string => name.replace(/^cfauth:[a-z0-9-]+ /, "");

const DECISIONS: Readonly<Record<string, string>> = { non_identity: "service auth" };

function fields({ decision, include, require, exclude, session }: PolicyContent): Fields {
  const rules = include.flatMap((rule) =>
    Object.entries(rule as Readonly<Record<string, Readonly<Record<string, unknown>>>>).slice(0, 1),
  );
  const of = (...kinds: readonly string[]) => rules.filter(([kind]) => kinds.includes(kind));
  const groups = of("oidc").map(([, leaf]) => String(leaf["claim_value"]));
  const other = rules.filter(([kind]) => !KNOWN.has(kind)).length;
  return fieldsOf({
    decision: DECISIONS[decision] ?? decision,
    groups: nonEmpty(groups),
    emails: nonZero(of("email", "email_domain").length),
    serviceTokens:
      of("any_valid_service_token").length > 0 ? "any" : nonZero(of("service_token").length),
    everyone: trueOnly(of("login_method").length > 0),
    anyone: trueOnly(of("everyone").length > 0),
    otherRules: nonZero(other),
    requires: nonZero(require.length),
    excludes: nonZero(exclude.length),
    session,
  });
}

const KNOWN = new Set([
  "oidc",
  "email",
  "email_domain",
  "any_valid_service_token",
  "service_token",
  "login_method",
  "everyone",
]);

const nonEmpty = (list: readonly string[]): Field | undefined =>
  list.length === 0 ? undefined : list;
const nonZero = (count: number): number | undefined => (count === 0 ? undefined : count);
const trueOnly = (value: boolean): true | undefined => value || undefined;

/** How the update of a policy that someone changed affects who is admitted. */
function compareAdmission(
  before: PolicyContent,
  after: PolicyContent,
): AdmissionChange | undefined {
  if (after.decision === "bypass") return before.decision === "bypass" ? undefined : "PUBLIC";
  const mine = [before, after].map((content, id) => ({
    ...content,
    id: String(id),
    name: "",
  })) as unknown as Parameters<typeof removesAccess>[2]["mine"];
  const removes = (from: string, to: string) =>
    removesAccess({ policies: [from] }, [to], { mine, theirs: [] });
  const lacks = (one: readonly unknown[], other: readonly unknown[]) =>
    one.some((rule) => !other.some((it) => canonicalPolicy(it) === canonicalPolicy(rule)));
  const narrower =
    removes("0", "1") ||
    lacks(after.require, before.require) ||
    lacks(after.exclude, before.exclude);
  const wider =
    removes("1", "0") ||
    lacks(before.require, after.require) ||
    lacks(before.exclude, after.exclude);
  return policyAdmissionChange(wider, narrower);
}

export const policyAdmissionChange = (
  wider: boolean,
  narrower: boolean,
): AdmissionChange | undefined => {
  if (wider && narrower) return "different";
  if (wider) return "wider";
  return narrower ? "narrower" : undefined;
};
