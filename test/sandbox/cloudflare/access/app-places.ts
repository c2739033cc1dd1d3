import { type Fields, isFields, isTexts } from "../fields.ts";
import type { AccessApplication, CloudflareState } from "../state.ts";
import { invalidRequest } from "./refusals.ts";

/** Hostnames with their paths that one application may guard (docs, 2026). */
const MOST = 5;

export type Places = Pick<AccessApplication, "domain" | "destinations"> & {
  readonly self_hosted_domains: string[];
};

/**
 * `domain`, `destinations` and `self_hosted_domains` are three views of one thing: the destinations win, then the
 * domains, and what is left follows.
 */
export function places(state: CloudflareState, fields: Fields): Places {
  const { domain, destinations, self_hosted_domains } = fields;
  const wanted =
    Array.isArray(destinations) && destinations.length > 0
      ? destinations
      : domains(domain, self_hosted_domains).map(asDestination);
  if (wanted.length === 0 || wanted.length > MOST)
    throw invalidRequest(`an application has 1 to ${MOST} domains`);
  const kept = wanted.map(destination);
  const uris = kept.filter(({ type }) => type === "public").map(({ uri }) => uri);
  const stranger = uris.find((uri) => !inActiveZone(state, uri));
  if (stranger !== undefined) throw invalidRequest(`domain does not belong to zone: ${stranger}`);
  const named = typeof domain === "string" ? domain.toLowerCase() : "";
  return {
    domain: uris.includes(named) ? named : (uris[0] ?? named),
    destinations: kept,
    self_hosted_domains: uris,
  };
}

/** Whether two of them guard the very same place; `a.example.com/` and `a.example.com` are one. */
export function overlap(a: Pick<Places, "destinations">, b: Pick<Places, "destinations">): boolean {
  const place = (uri: string): string => uri.replace(/\/$/, "");
  const taken = new Set(b.destinations.map(({ uri }) => place(uri)));
  return a.destinations.some(({ uri }) => taken.has(place(uri)));
}

function domains(domain: unknown, others: unknown): string[] {
  const first = typeof domain === "string" && domain !== "" ? [domain] : [];
  return [...new Set([...first, ...(isTexts(others) ? others : [])])];
}

function asDestination(uri: string): { type: string; uri: string } {
  return { type: "public", uri };
}

function destination(item: unknown): { type: string; uri: string } {
  const { type = "public", uri }: Fields = isFields(item) ? item : {};
  if (type !== "public") throw invalidRequest(`destination type is not supported: ${String(type)}`);
  if (typeof uri !== "string" || uri === "" || /^[a-z]+:\/\//.test(uri) || /^[^/]*:\d/.test(uri))
    throw invalidRequest("destination uri must be a hostname with an optional path");
  return { type, uri: uri.toLowerCase() };
}

function inActiveZone({ zones }: CloudflareState, uri: string): boolean {
  const [hostname = ""] = uri.split("/");
  return [...zones.values()].some(
    ({ name, status }) =>
      status === "active" && (hostname === name || hostname.endsWith(`.${name}`)),
  );
}
