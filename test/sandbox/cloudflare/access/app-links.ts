import { type Fields, isFields } from "../fields.ts";
import type { AccessApplication, CloudflareState } from "../state.ts";
import { invalidRequest } from "./refusals.ts";

type Link = AccessApplication["policies"][number];

/**
 * The reusable policies of an application, by precedence. Items are `"id"` or `{ id, precedence }`; without a
 * precedence the position in the list counts. The sandbox does not support inline policies.
 */
export function policyLinks(state: CloudflareState, wanted: unknown): Link[] {
  if (!Array.isArray(wanted)) throw invalidRequest("policies must be a list");
  const links = wanted.map((item, index) => link(item, index + 1));
  const missing = links.find(({ id }) => !state.policies.has(id));
  if (missing) throw invalidRequest(`policies contain a policy that does not exist: ${missing.id}`);
  if (new Set(links.map(({ precedence }) => precedence)).size < links.length)
    throw invalidRequest("policy precedences must be unique");
  return links.toSorted((a, b) => a.precedence - b.precedence);
}

function link(item: unknown, place: number): Link {
  const { id, precedence = place }: Fields = isFields(item) ? item : { id: item };
  if (typeof id !== "string")
    throw invalidRequest("reusable and inline policies are mutually exclusive");
  if (!Number.isInteger(precedence) || Number(precedence) < 1)
    throw invalidRequest("policy precedence must be 1 or more");
  return { id, precedence: Number(precedence) };
}
