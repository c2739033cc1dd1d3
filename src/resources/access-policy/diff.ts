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
  const exposure = before && after && reach(before, after);
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
    groups: some(groups),
    emails: count(of("email", "email_domain").length),
    serviceTokens:
      of("any_valid_service_token").length > 0 ? "any" : count(of("service_token").length),
    everyone: yes(of("login_method").length > 0),
    anyone: yes(of("everyone").length > 0),
    otherRules: count(other),
    requires: count(require.length),
    excludes: count(exclude.length),
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

const some = (list: readonly string[]): Field | undefined => (list.length === 0 ? undefined : list);
const count = (number: number): number | undefined => (number === 0 ? undefined : number);
const yes = (is: boolean): true | undefined => is || undefined;

/** What somebody changed on a policy of ours, and what becomes of it when it is mended. */
function reach(before: PolicyContent, after: PolicyContent): AdmissionChange | undefined {
  if (after.decision === "bypass") return before.decision === "bypass" ? undefined : "PUBLIC";
  const mine = [before, after].map((content, id) => ({
    ...content,
    id: String(id),
    name: "",
  })) as unknown as Parameters<typeof removesAccess>[2]["mine"];
  const less = (from: string, to: string) =>
    removesAccess({ policies: [from] }, [to], { mine, theirs: [] });
  const lacks = (one: readonly unknown[], other: readonly unknown[]) =>
    one.some((rule) => !other.some((it) => canonicalPolicy(it) === canonicalPolicy(rule)));
  const narrower =
    less("0", "1") || lacks(after.require, before.require) || lacks(after.exclude, before.exclude);
  const wider =
    less("1", "0") || lacks(before.require, after.require) || lacks(before.exclude, after.exclude);
  return policyAdmissionChange(wider, narrower);
}

export const policyAdmissionChange = (
  wider: boolean,
  narrower: boolean,
): AdmissionChange | undefined =>
  wider && narrower ? "different" : wider ? "wider" : narrower ? "narrower" : undefined;
