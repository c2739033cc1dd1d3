import type { ForeignPolicy, Lookup } from "../domain/directory.ts";
import type { Audience, ServiceToken } from "../domain/exposure.ts";
import { closestMatch } from "../text/closest-match.ts";
import type { LabelContext } from "./context.ts";
import { clip, type LabelFault, valueFault } from "./fault.ts";
import type { Label, Labels } from "./grouping.ts";
import { namesOf, parseEmail } from "./values.ts";

interface Decoded<T> {
  readonly value: T;
  readonly faults: readonly LabelFault[];
}

/**
 * Who may enter. Each name is looked up in Cloudflare or Authentik; an unknown name keeps the route
 * closed.
 */
export function audienceOf(labels: Labels, context: LabelContext): Decoded<Audience> {
  const emails = emailsOf(labels.get("access.emails"));
  const groups = groupsOf(labels.get("access.groups"), context);
  const policies = policiesOf(labels.get("access.policies"), context.lookups.policies);
  const tokens = tokensOf(labels.get("access.service-tokens"), context.lookups.tokens);
  return {
    value: {
      groups: groups.value,
      emails: emails.value,
      policies: policies.value,
      tokens: tokens.value,
    },
    faults: [...groups.faults, ...emails.faults, ...policies.faults, ...tokens.faults],
  };
}

/**
 * The names in a label, each once. An empty name is a fault, because no one knows who was meant.
 */
function listOf(label: Label | undefined, what: string): Decoded<readonly string[]> {
  if (label === undefined) return { value: [], faults: [] };
  const list = namesOf(label.text, what);
  return list.ok
    ? { value: [...new Set(list.value)], faults: [] }
    : { value: [], faults: [valueFault(label, list)] };
}

/** The texts of the fault for an unknown name. */
interface UnknownName {
  readonly code: LabelFault["code"];
  /** The start of the message: "Authentik has no group". */
  readonly lacks: string;
  readonly note?: string;
  /** The last words of the fix "write family, or create the …". */
  readonly what: string;
  /** The fix if no known name is similar. */
  readonly create: string;
}

/**
 * Finds the objects with these names. A failed lookup is one fault, however many names there are.
 */
function findByName<T extends { readonly name: string }>(
  label: string,
  requested: Decoded<readonly string[]>,
  lookup: Lookup<T>,
  unknown: UnknownName,
): Decoded<readonly T[]> {
  if (requested.value.length === 0) return { value: [], faults: requested.faults };
  if ("fault" in lookup)
    return { value: [], faults: [...requested.faults, { ...lookup.fault, label }] };
  const known = lookup.found.map(({ name }) => name);
  return {
    value: requested.value.flatMap((name) => lookup.found.find((it) => it.name === name) ?? []),
    faults: [
      ...requested.faults,
      ...requested.value
        .filter((name) => !known.includes(name))
        .map((name) => unknownNameFault(label, name, known, unknown)),
    ],
  };
}

function unknownNameFault(
  label: string,
  name: string,
  known: readonly string[],
  { code, lacks, note, what, create }: UnknownName,
): LabelFault {
  const near = closestMatch(name, known);
  return {
    code,
    label,
    message: `${lacks} ${quoted(name)}${note ?? ""}`,
    fix:
      near === undefined
        ? `${create}, or correct the name`
        : `write ${clip(near)}, or create the ${what}`,
  };
}

const UNKNOWN_GROUP: UnknownName = {
  code: "CFA-GROUP-UNKNOWN",
  lacks: "Authentik has no group",
  note: " (names are case-sensitive)",
  what: "group in Authentik",
  create: "create the group in Authentik",
};

function groupsOf(
  label: Label | undefined,
  { lookups, defaults }: LabelContext,
): Decoded<readonly string[]> {
  const requested =
    label === undefined ? { value: defaults.groups, faults: [] } : listOf(label, "a group");
  const { value: groups, faults } = findByName(
    label?.name ?? "CFAUTH_DEFAULT_GROUPS",
    requested,
    lookups.groups,
    UNKNOWN_GROUP,
  );
  return { value: [...new Set(groups.map(({ name }) => name))].toSorted(), faults };
}

function emailsOf(label: Label | undefined): Decoded<readonly string[]> {
  const { value: texts, faults } = listOf(label, "an address");
  const emails = new Set<string>();
  const wrong: LabelFault[] = [];
  for (const text of texts) {
    const email = parseEmail(text);
    if (email.ok) emails.add(email.value);
    else wrong.push(valueFault({ name: label?.name ?? "", text }, email));
  }
  return { value: [...emails].toSorted(), faults: [...faults, ...wrong] };
}

const UNKNOWN_POLICY: UnknownName = {
  code: "CFA-POLICY-UNKNOWN",
  lacks: "Cloudflare has no reusable policy",
  what: "policy",
  create: "create it under Zero Trust → Access → Policies",
};

function policiesOf(
  label: Label | undefined,
  known: readonly ForeignPolicy[],
): Decoded<readonly string[]> {
  const { value: names, faults } = listOf(label, "a policy");
  const ids = new Set<string>();
  const wrong: LabelFault[] = [];
  for (const name of names) {
    const policy = policyOf(label?.name ?? "", name, known);
    if ("id" in policy) ids.add(policy.id);
    else wrong.push(policy);
  }
  return { value: [...ids], faults: [...faults, ...wrong] };
}

/**
 * Finds a policy by id, else by name. A policy that admits everyone or blocks someone is a fault,
 * because the label only adds people.
 */
function policyOf(
  label: string,
  name: string,
  known: readonly ForeignPolicy[],
): ForeignPolicy | LabelFault {
  const byId = known.filter(({ id }) => id === name.toLowerCase());
  const [policy, other] = byId.length > 0 ? byId : known.filter((it) => it.name === name);
  if (policy === undefined)
    return unknownNameFault(
      label,
      name,
      known.map((it) => it.name),
      UNKNOWN_POLICY,
    );
  if (other !== undefined)
    return {
      code: "CFA-POLICY-UNKNOWN",
      label,
      message: `Cloudflare has several reusable policies called ${quoted(name)}`,
      fix: `write the id of the one that you mean, ${policy.id} or ${other.id}`,
    };
  return policy.decision === "allow" || policy.decision === "non_identity"
    ? policy
    : unfitPolicyFault(label, name, policy.decision);
}

function unfitPolicyFault(label: string, name: string, decision: string): LabelFault {
  const isBypass = decision === "bypass";
  const effect = isBypass ? "which lets anyone in without a login" : "which lets nobody in";
  const fix = "name a policy with the action Allow or Service Auth";
  return {
    code: "CFA-POLICY-UNFIT",
    label,
    message: `the reusable policy ${quoted(name)} has the action ${clip(decision)}, ${effect}`,
    fix: isBypass ? `${fix}; to let anyone in, use access=public or access.bypass` : fix,
  };
}

const UNKNOWN_TOKEN: UnknownName = {
  code: "CFA-TOKEN-UNKNOWN",
  lacks: "Cloudflare has no service token",
  what: "token",
  create: "create it under Zero Trust → Access → Service credentials",
};

function tokensOf(
  label: Label | undefined,
  lookup: Lookup<ServiceToken>,
): Decoded<Audience["tokens"]> {
  const requested = listOf(label, "a service token");
  if (requested.value.includes("any")) return { value: "any", faults: requested.faults };
  const { value: found, faults } = findByName(label?.name ?? "", requested, lookup, UNKNOWN_TOKEN);
  const tokens = found
    .map(({ id, name }) => ({ id, name }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return { value: tokens, faults };
}

const quoted = (text: string): string => `"${clip(text)}"`;
