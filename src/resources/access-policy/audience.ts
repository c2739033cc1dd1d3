import { createHash } from "node:crypto";
import type { Audience, Protection } from "../../core/domain/exposure.ts";
import { type Owner, policyPrefix } from "../../core/domain/owner.ts";
import { joinWithOr } from "../../core/text/grammar.ts";
import { escapeControlCharacters, isVisible } from "../../core/text/sanitize.ts";
import type { ObservedLogin } from "../login/types.ts";
import type { DesiredPolicy } from "./types.ts";

/** The names of the policies of ours that a protection asks for, by precedence: what needs no login comes first. */
export function policyNames(owner: Owner, protection: Protection): readonly string[] {
  return words(protection).map((text) => `${policyPrefix(owner)}${text}`);
}

function words(protection: Protection): readonly string[] {
  switch (protection.kind) {
    case "authentik": {
      const { audience } = protection;
      return [...(withTokens(audience) ? [tokenWords(audience)] : []), peopleWords(audience)];
    }
    case "public":
    case "login":
      return ["public, no login"];
  }
}

/**
 * What these policies must be. The name is a function of the audience, and says it to a person in the dashboard; e-mail
 * addresses stand in it as a number and a fingerprint, since it is logged.
 *
 * @param claim - in which the login carries the groups; undefined while it does not carry all that are asked for
 * @returns undefined while something that a rule has to name is not there yet
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
        ...first.map((name) => tokenWish(name, audience)),
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

const withTokens = ({ tokens }: Audience): boolean => tokens === "any" || tokens.length > 0;

const tokenWords = ({ tokens }: Audience): string =>
  tokens === "any"
    ? "any service token"
    : told(
        "service token",
        tokens.map(({ name }) => name),
      );

function peopleWords({ groups, emails }: Audience): string {
  if (groups.length === 0 && emails.length === 0) return "everyone who logs in with Authentik";
  const members = groups.length === 0 ? [] : [told("members of", groups)];
  const count = emails.length === 1 ? "1 e-mail address" : `${emails.length} e-mail addresses`;
  const addressed = emails.length === 0 ? [] : [`${count} #${fingerprint(emails)}`];
  return [...members, ...addressed].join(" and ");
}

/** How long a policy's name may be is not documented; an application's may have 350 characters. */
const LONGEST = 150;

/** Two lists never read alike: one that is cut, or whose names could be read as several, ends in its fingerprint. */
function told(what: string, names: readonly string[]): string {
  const text = `${what} ${joinWithOr(names)}`;
  if (text.length <= LONGEST && !names.some((name) => ODD.test(name) || !isVisible(name)))
    return text;
  // By characters: half of one would come back as another, and the policy would not be known again.
  const cut = [...text.replace(/[\s\p{C}]+/gu, " ")].slice(0, LONGEST).join("").trimEnd();
  return `${escapeControlCharacters(cut)}… #${fingerprint(names)}`;
}

/** What could be taken for the words between names, or may not come back from an API as it was sent. */
const ODD = /[,…#\p{C}]|(^|\s)(or|and)(\s|$)|^\s|\s$|\s\s|[^\S ]/u;

/** So long that nobody who writes labels can find a list with that of another: the two would share a policy. */
const fingerprint = (of: unknown): string =>
  createHash("sha256").update(JSON.stringify(of)).digest("hex").slice(0, 16);

function tokenWish(name: string, { tokens }: Audience): DesiredPolicy {
  const include =
    tokens === "any"
      ? [{ any_valid_service_token: {} }]
      : sortRules(tokens.map(({ id }) => ({ service_token: { token_id: id } })));
  return { name, decision: "non_identity", include, require: [], exclude: [] };
}

/** An e-mail address counts only as Authentik has it: the login method is required beside it. */
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

/** Rules are sets to Access. */
export const sortRules = (rules: readonly unknown[]): readonly unknown[] =>
  rules.toSorted((a, b) => compare(canonicalPolicy(a), canonicalPolicy(b)));

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order of fields in an answer is nobody's promise. */
export function canonicalPolicy(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalPolicy).join(",")}]`;
  const entries = Object.entries(value).toSorted(([a], [b]) => compare(a, b));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonicalPolicy(inner)}`).join(",")}}`;
}
