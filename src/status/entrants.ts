import type { Audience, Protection } from "../domain/exposure.ts";

/** Who may enter, for people: `members of family, admins; 2 e-mail addresses`. Addresses are counted, never shown. */
export function entrants(protection: Protection): string {
  if (protection.kind !== "authentik") return "anyone";
  const { groups, emails, policies, tokens } = protection.audience;
  const people = groups.length === 0 && emails.length === 0 ? ["everyone who can log in"] : [...members(groups), ...counted(emails)];
  return [...people, ...more(policies, "policy", "policies"), ...machines(tokens)].join("; ");
}

const members = (groups: readonly string[]) => (groups.length === 0 ? [] : [`members of ${groups.join(", ")}`]);

const counted = (emails: readonly string[]) => more(emails, "e-mail address", "e-mail addresses");

const more = (all: readonly string[], one: string, many: string) =>
  all.length === 0 ? [] : [`${all.length} ${all.length === 1 ? one : many}`];

const machines = (tokens: Audience["tokens"]) =>
  tokens === "any"
    ? ["any service token"]
    : tokens.length === 0
      ? []
      : [`${tokens.length === 1 ? "service token" : "service tokens"} ${tokens.map(({ name }) => name).join(", ")}`];
