import { isIPv6 } from "node:net";
import { type Fields, isFields, isText } from "../fields.ts";
import type { CloudflareState } from "../state.ts";
import { invalidRequest } from "./refusals.ts";

type Rule = Record<string, unknown>;

/** The required fields of each rule, all strings. Other rules are not checked. */
const LEAVES: Readonly<Record<string, readonly string[]>> = {
  email: ["email"],
  email_domain: ["domain"],
  email_list: ["id"],
  everyone: [],
  ip: ["ip"],
  ip_list: ["id"],
  geo: ["country_code"],
  group: ["id"],
  login_method: ["id"],
  oidc: ["claim_name", "claim_value", "identity_provider_id"],
  service_token: ["token_id"],
  any_valid_service_token: [],
};
const OF_IDENTITY = [
  "email",
  "email_domain",
  "email_list",
  "login_method",
  "oidc",
  "saml",
  "okta",
  "azureAD",
  "gsuite",
];

export function rules(state: CloudflareState, fields: Fields, field: string): Rule[] {
  const list = fields[field] ?? [];
  if (!Array.isArray(list)) throw invalidRequest(`${field} must be a list of rules`);
  return list.map((item) => rule(state, item));
}

export function usesIdentity(rule: Rule): boolean {
  return Object.keys(rule).some((kind) => OF_IDENTITY.includes(kind));
}

function rule(state: CloudflareState, item: unknown): Rule {
  const [[kind, leaf] = ["", undefined], ...more] = Object.entries(isFields(item) ? item : {});
  if (kind === "" || more.length > 0 || !isFields(leaf))
    throw invalidRequest("a rule has exactly one selector");
  const missing = LEAVES[kind]?.find((name) => !isText(leaf[name]));
  if (missing !== undefined) throw invalidRequest(`rule ${kind} needs ${missing}`);
  const provider =
    kind === "oidc" ? leaf.identity_provider_id : kind === "login_method" ? leaf.id : undefined;
  if (provider !== undefined && !state.identityProviders.has(String(provider)))
    throw invalidRequest(`rule ${kind} names an identity provider that does not exist`);
  if (kind === "service_token" && !state.serviceTokens.has(String(leaf.token_id)))
    throw invalidRequest("rule service_token names a service token that does not exist");
  return { [kind]: kind === "ip" ? { ip: network(String(leaf.ip)) } : leaf };
}

/** The API returns a single address as a network. */
function network(ip: string): string {
  if (ip.includes("/")) return ip;
  return isIPv6(ip) ? `${ip}/128` : `${ip}/32`;
}
