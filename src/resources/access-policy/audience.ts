import { createHash } from "node:crypto";
import type { Audience, Protection } from "../../core/domain/exposure.ts";
import { type Owner, policyPrefix } from "../../core/domain/owner.ts";
import { joinWithOr } from "../../core/text/grammar.ts";
import { escapeControlCharacters, isVisible } from "../../core/text/sanitize.ts";
import type { ObservedLogin } from "../login/types.ts";
import type { DesiredPolicy } from "./types.ts";

/**
 * The names of our policies for a protection, by precedence. Policies that need no login come
 * first.
 */
export function policyNames(owner: Owner, protection: Protection): readonly string[] {
  return describeProtection(protection).map((text) => `${policyPrefix(owner)}${text}`);
}

function describeProtection(protection: Protection): readonly string[] {
  switch (protection.kind) {
    case "authentik": {
      const { audience } = protection;
      const people = describePeople(audience);
      return hasTokens(audience) ? [describeTokens(audience), people] : [people];
    }
    case "public":
    case "login":
      return ["public, no login"];
  }
}

/**
 * The desired policies. The name depends only on the audience and describes it to people in the
 * dashboard. It is logged, so it shows e-mail addresses only as a number and a fingerprint.
 *
 * @param claim - the claim with the groups; undefined while the login lacks a group that is needed
 * @returns undefined while something that a rule must name does not exist yet
 */
export function desiredPolicies(
  owner: Owner,
  protection: Protection,
  method: Pick<NonNullable<ObservedLogin["method"]>, "id"> | undefined,
  claim: string | undefined,
): readonly DesiredPolicy[] | undefined {
  const names = policyNames(owner, protection);
  switch (protection.kind) {
    case "authentik": {
      const { audience } = protection;
      const people = method && peopleRules(audience, method.id, claim);
      if (people === undefined) return undefined;
      const [last = "", ...first] = names.toReversed();
      return [
        ...first.map((name) => tokenPolicy(name, audience)),
        { name: last, decision: "allow", exclude: [], ...people },
      ];
    }
    case "public":
    case "login":
      return names.map((name) => ({
        name,
        decision: "bypass",
        include: [{ everyone: {} }],
        require: [],
        exclude: [],
      }));
  }
}

const hasTokens = ({ tokens }: Audience): boolean => tokens === "any" || tokens.length > 0;

const describeTokens = ({ tokens }: Audience): string =>
  tokens === "any"
    ? "any service token"
    : describeList(
        "service token",
        tokens.map(({ name }) => name),
      );

function describePeople({ groups, emails }: Audience): string {
  if (groups.length === 0 && emails.length === 0) return "everyone who logs in with Authentik";
  const members = groups.length === 0 ? [] : [describeList("members of", groups)];
  const count = emails.length === 1 ? "1 e-mail address" : `${emails.length} e-mail addresses`;
  const addressed = emails.length === 0 ? [] : [`${count} #${fingerprint(emails)}`];
  return [...members, ...addressed].join(" and ");
}

/**
 * In characters. The limit of a policy's name is not documented; an application's name may have 350
 * characters.
 */
const MAX_LIST_LENGTH = 150;

/**
 * Two different lists never have the same text. A list that is cut, or whose names are ambiguous,
 * ends in its fingerprint.
 */
function describeList(what: string, names: readonly string[]): string {
  const text = `${what} ${joinWithOr(names)}`;
  const isAmbiguous = names.some((name) => AMBIGUOUS.test(name) || !isVisible(name));
  if (text.length <= MAX_LIST_LENGTH && !isAmbiguous) return text;
  // Cut between characters: half a character would come back changed, and the name would not match.
  const cut = [...text.replace(/[\s\p{C}]+/gu, " ")].slice(0, MAX_LIST_LENGTH).join("").trimEnd();
  return `${escapeControlCharacters(cut)}… #${fingerprint(names)}`;
}

/** Text that looks like the words between names, or that an API may not return unchanged. */
const AMBIGUOUS = /[,…#\p{C}]|(^|\s)(or|and)(\s|$)|^\s|\s$|\s\s|[^\S ]/u;

/**
 * Long enough that no author of labels can find a list with the fingerprint of another list. The
 * two would share a policy.
 */
const fingerprint = (of: unknown): string =>
  createHash("sha256").update(JSON.stringify(of)).digest("hex").slice(0, 16);

function tokenPolicy(name: string, { tokens }: Audience): DesiredPolicy {
  const include =
    tokens === "any"
      ? [{ any_valid_service_token: {} }]
      : sortRules(tokens.map(({ id }) => ({ service_token: { token_id: id } })));
  return { name, decision: "non_identity", include, require: [], exclude: [] };
}

/** An e-mail address counts only if Authentik confirms it: the login method is required too. */
function peopleRules(
  { groups, emails }: Audience,
  idp: string,
  claim: string | undefined,
): Pick<DesiredPolicy, "include" | "require"> | undefined {
  const byLogin = { login_method: { id: idp } };
  if (groups.length === 0 && emails.length === 0) return { include: [byLogin], require: [] };
  if (groups.length > 0 && claim === undefined) return undefined;
  const members = groups.map((claim_value) => ({
    oidc: { claim_name: claim, claim_value, identity_provider_id: idp },
  }));
  const addressed = emails.map((text) =>
    text.startsWith("@") ? { email_domain: { domain: text.slice(1) } } : { email: { email: text } },
  );
  return {
    include: sortRules([...members, ...addressed]),
    require: emails.length > 0 ? [byLogin] : [],
  };
}

/** Access treats rules as sets. */
export const sortRules = (rules: readonly unknown[]): readonly unknown[] =>
  rules.toSorted((a, b) => compare(canonicalPolicy(a), canonicalPolicy(b)));

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** A text that does not depend on the order of fields, which the API does not guarantee. */
export function canonicalPolicy(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalPolicy).join(",")}]`;
  const entries = Object.entries(value).toSorted(([a], [b]) => compare(a, b));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalPolicy(inner)}`).join(",")}}`;
}
