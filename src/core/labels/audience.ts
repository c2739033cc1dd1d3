import type { ForeignPolicy, Lookup } from "../domain/directory.ts";
import type { Audience, ServiceToken } from "../domain/exposure.ts";
import { closestMatch } from "../text/closest-match.ts";
import type { LabelContext } from "./context.ts";
import { clip, type LabelFault, valueFault } from "./fault.ts";
import type { Label, Labels } from "./grouping.ts";
import { namesOf, parseEmail } from "./values.ts";

interface Read<T> {
  readonly value: T;
  readonly faults: readonly LabelFault[];
}

/** Who may enter, each name held against what Cloudflare and Authentik have: one that cannot be found keeps the route shut. */
export function audienceOf(labels: Labels, context: LabelContext): Read<Audience> {
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

/** The names in a label, each once; an empty one among them is a fault, since nobody knows who was meant. */
function listOf(label: Label | undefined, what: string): Read<readonly string[]> {
  if (label === undefined) return { value: [], faults: [] };
  const list = namesOf(label.text, what);
  return list.ok
    ? { value: [...new Set(list.value)], faults: [] }
    : { value: [], faults: [valueFault(label, list)] };
}

interface Unknown {
  readonly code: LabelFault["code"];
  /** What has no such name: "Authentik has no group". */
  readonly lacks: string;
  readonly note?: string;
  /** What it is called at the end of "write family, or create …". */
  readonly what: string;
  readonly create: string;
}

/** What has these names. Where nothing could be looked up that is one fault, however many names there are. */
function foundIn<T extends { readonly name: string }>(
  label: string,
  asked: Read<readonly string[]>,
  lookup: Lookup<T>,
  unknown: Unknown,
): Read<readonly T[]> {
  if (asked.value.length === 0) return { value: [], faults: asked.faults };
  if ("fault" in lookup)
    return { value: [], faults: [...asked.faults, { ...lookup.fault, label }] };
  const known = lookup.found.map(({ name }) => name);
  return {
    value: asked.value.flatMap((name) => lookup.found.find((it) => it.name === name) ?? []),
    faults: [
      ...asked.faults,
      ...asked.value
        .filter((name) => !known.includes(name))
        .map((name) => missing(label, name, known, unknown)),
    ],
  };
}

function missing(
  label: string,
  name: string,
  known: readonly string[],
  { code, lacks, note, what, create }: Unknown,
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

const UNKNOWN_GROUP: Unknown = {
  code: "CFA-GROUP-UNKNOWN",
  lacks: "Authentik has no group",
  note: " (names are case-sensitive)",
  what: "group in Authentik",
  create: "create the group in Authentik",
};

function groupsOf(
  label: Label | undefined,
  { lookups, defaults }: LabelContext,
): Read<readonly string[]> {
  const asked =
    label === undefined ? { value: defaults.groups, faults: [] } : listOf(label, "a group");
  const read = foundIn(
    label?.name ?? "CFAUTH_DEFAULT_GROUPS",
    asked,
    lookups.groups,
    UNKNOWN_GROUP,
  );
  return { ...read, value: [...new Set(read.value.map(({ name }) => name))].toSorted() };
}

function emailsOf(label: Label | undefined): Read<readonly string[]> {
  const { value, faults } = listOf(label, "an address");
  const read = value.map((text) => ({ text, email: parseEmail(text) }));
  return {
    value: [...new Set(read.flatMap(({ email }) => (email.ok ? [email.value] : [])))].toSorted(),
    faults: [
      ...faults,
      ...read.flatMap(({ text, email }) =>
        email.ok ? [] : [valueFault({ name: label?.name ?? "", text }, email)],
      ),
    ],
  };
}

const UNKNOWN_POLICY: Unknown = {
  code: "CFA-POLICY-UNKNOWN",
  lacks: "Cloudflare has no reusable policy",
  what: "policy",
  create: "create it under Zero Trust → Access → Policies",
};

function policiesOf(
  label: Label | undefined,
  known: readonly ForeignPolicy[],
): Read<readonly string[]> {
  const { value, faults } = listOf(label, "a policy");
  const read = value.map((name) => policyOf(label?.name ?? "", name, known));
  return {
    value: [...new Set(read.flatMap((it) => ("id" in it ? [it.id] : [])))],
    faults: [...faults, ...read.flatMap((it) => ("id" in it ? [] : [it]))],
  };
}

/** By id, else by name. One that lets everybody in, or keeps somebody out, is not what the label is for. */
function policyOf(
  label: string,
  name: string,
  known: readonly ForeignPolicy[],
): ForeignPolicy | LabelFault {
  const byId = known.filter(({ id }) => id === name.toLowerCase());
  const [policy, other] = byId.length > 0 ? byId : known.filter((it) => it.name === name);
  if (policy === undefined)
    return missing(
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
      fix: `write the id of the one that is meant, ${policy.id} or ${other.id}`,
    };
  return policy.decision === "allow" || policy.decision === "non_identity"
    ? policy
    : unfit(label, name, policy.decision);
}

const unfit = (label: string, name: string, decision: string): LabelFault => ({
  code: "CFA-POLICY-UNFIT",
  label,
  message: `the reusable policy ${quoted(name)} has the action ${clip(decision)}, ${decision === "bypass" ? "which lets anyone in without a login" : "which lets nobody in"}`,
  fix:
    decision === "bypass"
      ? "name a policy with the action Allow or Service Auth; what is to be open to anyone says access=public or access.bypass"
      : "name a policy with the action Allow or Service Auth",
});

const UNKNOWN_TOKEN: Unknown = {
  code: "CFA-TOKEN-UNKNOWN",
  lacks: "Cloudflare has no service token",
  what: "token",
  create: "create it under Zero Trust → Access → Service credentials",
};

function tokensOf(
  label: Label | undefined,
  lookup: Lookup<ServiceToken>,
): Read<Audience["tokens"]> {
  const list = listOf(label, "a service token");
  if (list.value.includes("any")) return { value: "any", faults: list.faults };
  const { value, faults } = foundIn(label?.name ?? "", list, lookup, UNKNOWN_TOKEN);
  return {
    value: value
      .map(({ id, name }) => ({ id, name }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    faults,
  };
}

const quoted = (text: string): string => `"${clip(text)}"`;
