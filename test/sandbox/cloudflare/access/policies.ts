import type { Request, Route } from "../../routes.ts";
import { paged, success } from "../envelope.ts";
import { type Fields, isFields, isText } from "../fields.ts";
import { timestamp, uuid } from "../ids.ts";
import type { AccessPolicy, CloudflareState } from "../state.ts";
import { rules, usesIdentity } from "./policy-rules.ts";
import { conflict, invalidRequest, notFound } from "./refusals.ts";

const DECISIONS = ["allow", "deny", "non_identity", "bypass"] as const;
const RESPONSE_ONLY = ["id", "app_count", "reusable", "precedence", "created_at", "updated_at"];

export function policyRoutes(state: CloudflareState): Route[] {
  const all = "/accounts/{account_id}/access/policies";
  const one = `${all}/{policy_id}`;
  const show = (policy: AccessPolicy): object => shownPolicy(state, policy);
  return [
    {
      method: "GET",
      path: all,
      answer: (request) =>
        paged(request, [...state.policies.values()].map(show), { usual: 100, most: 1000 }),
    },
    { method: "POST", path: all, answer: (request) => success(show(create(state, request)), 201) },
    { method: "GET", path: one, answer: ({ params }) => success(show(policyOf(state, params))) },
    { method: "PUT", path: one, answer: (request) => success(show(replace(state, request))) },
    { method: "DELETE", path: one, answer: ({ params }) => success(remove(state, params), 202) },
  ];
}

/** A reusable policy as the API returns it. */
export function shownPolicy(state: CloudflareState, policy: AccessPolicy): object {
  return { ...policy, reusable: true, app_count: appCount(state, policy.id) };
}

function create(state: CloudflareState, { call: { body } }: Request): AccessPolicy {
  const now = timestamp();
  const policy = { ...wished(state, body), id: uuid(), created_at: now, updated_at: now };
  state.policies.set(policy.id, policy);
  return policy;
}

function replace(state: CloudflareState, { params, call: { body } }: Request): AccessPolicy {
  const { id, created_at } = policyOf(state, params);
  const policy = { ...wished(state, body), id, created_at, updated_at: timestamp() };
  state.policies.set(id, policy);
  return policy;
}

function remove(state: CloudflareState, params: Request["params"]): object {
  const { id } = policyOf(state, params);
  if (appCount(state, id) > 0) throw conflict("policy has active associations");
  state.policies.delete(id);
  return { id };
}

type Wish = Pick<AccessPolicy, "name" | "decision" | "include" | "require" | "exclude">;

function wished(state: CloudflareState, body: unknown): Wish {
  const fields: Fields = isFields(body) ? body : {};
  const { name } = fields;
  if (!isText(name)) throw invalidRequest("policy name is required");
  const decision = DECISIONS.find((known) => known === fields.decision);
  if (!decision) throw invalidRequest("policy decision is missing or invalid");
  const include = rules(state, fields, "include");
  if (include.length === 0) throw invalidRequest("policy must have at least one include rule");
  const require = rules(state, fields, "require");
  const exclude = rules(state, fields, "exclude");
  const identity = [...include, ...require, ...exclude].some(usesIdentity);
  if (identity && (decision === "bypass" || decision === "non_identity"))
    throw invalidRequest(`${decision} policies cannot have rules about identity`);
  const others = Object.entries(fields).filter(
    ([key, value]) => !RESPONSE_ONLY.includes(key) && value !== null,
  );
  return { ...Object.fromEntries(others), name, decision, include, require, exclude };
}

function policyOf(state: CloudflareState, params: Request["params"]): AccessPolicy {
  const policy = state.policies.get(params.policy_id ?? "");
  if (!policy) throw notFound("policy");
  return policy;
}

function appCount({ apps }: CloudflareState, id: string): number {
  return [...apps.values()].filter(({ policies }) => policies.some((link) => link.id === id))
    .length;
}
