import { between, type Difference, type Exposed, type Fields, fieldsOf } from "../fields.ts";
import { exposed, policyWords } from "../policy/difference.ts";
import type { PolicySeen } from "../policy/seen.ts";
import { narrows } from "./narrowing.ts";
import { ENDING } from "./propose.ts";
import type { AccessChange, Application, ApplicationWish } from "./seen.ts";

/** @param policy - by which the ids of policies have their names */
export function accessDifference(change: AccessChange, policy: PolicySeen): Difference {
  if ("foreign" in change) {
    const left = change.foreign.covers.filter((it) => it !== change.place);
    return between({ covers: change.foreign.covers }, left.length === 0 ? undefined : { covers: left });
  }
  if (!("wish" in change)) {
    const what = "at" in change ? stands(change.at, policy) : { name: change.subject };
    return change.action === "delete" ? between(what, undefined) : between(undefined, what);
  }
  const { wish } = change;
  if (!("at" in change)) {
    const made = between(undefined, wished(wish, undefined, policy), { exposure: open(wish.policies, policy) ? "PUBLIC" : "protected" });
    // The audience tag, which its rule will ask for, is Access's to make.
    return { ...made, unknown: [...made.unknown, "aud"] };
  }
  const { at } = change;
  const ends = wish.name.endsWith(ENDING);
  const before = { ...stands(at, policy), ...(ends && { oldLogins: "hold" }) };
  const after = { ...wished(wish, at, policy), ...(ends && { oldLogins: "to be ended" }) };
  return between(before, after, { exposure: reach(at.policies, wish.policies, policy) });
}

const stands = (at: Application, policy: PolicySeen): Fields =>
  fieldsOf({
    name: named(at.name),
    policies: at.policies.map((id) => wordsOf(id, policy)),
    session: at.session,
    login: at.allowedIdps.join(", ") || "any",
    redirectsToLogin: at.autoRedirect,
    inLauncher: at.launcher.visible,
    logo: at.launcher.logo,
  });

const wished = (wish: ApplicationWish, at: Application | undefined, policy: PolicySeen): Fields =>
  fieldsOf({
    name: named(wish.name),
    policies: wish.policies.map((id) => wordsOf(id, policy)),
    session: wish.session,
    login: wish.idp,
    redirectsToLogin: true,
    inLauncher: wish.launcher.visible,
    logo: wish.launcher.logo ?? at?.launcher.logo,
  });

const named = (name: string): string => (name.endsWith(ENDING) ? name.slice(0, -ENDING.length) : name);

function wordsOf(id: string, { mine, theirs }: PolicySeen): string {
  const ours = mine.find((policy) => policy.id === id);
  if (ours !== undefined) return policyWords(ours.name);
  const name = theirs.find((policy) => policy.id === id)?.name;
  return name === undefined ? "a policy that is gone" : `the policy "${name}"`;
}

const open = (ids: readonly string[], { mine }: PolicySeen): boolean =>
  mine.some(({ id, decision }) => decision === "bypass" && ids.includes(id));

function reach(before: readonly string[], after: readonly string[], policy: PolicySeen): Exposed | undefined {
  if (JSON.stringify(before) === JSON.stringify(after)) return undefined;
  if (open(after, policy)) return open(before, policy) ? undefined : "PUBLIC";
  return exposed(narrows({ policies: after }, before, policy), narrows({ policies: before }, after, policy));
}
