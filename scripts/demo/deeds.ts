/** What cfauth did to Cloudflare and Authentik, read out of the requests that it sent. */

import type { Call } from "../../test/sandbox/call.ts";

export interface Deed {
  /** `·` for what happened without any change. */
  readonly sign: "+" | "~" | "-" | "·";
  readonly where: "Cloudflare" | "Authentik" | "visitor";
  readonly what: string;
  readonly name: string;
  readonly note?: string;
}

/** What was so before the request. */
export interface Before {
  /** Of the object that the request's address names. */
  readonly name: string;
  /** Where the tunnel led, by hostname. */
  readonly rules: ReadonlyMap<string, string>;
}

interface Kind {
  readonly api: Call["api"];
  /** Of the address, without the id of a single object. */
  readonly ends: string;
  readonly what: string;
  readonly note?: (body: Body) => string;
}

interface Body {
  readonly name?: string;
  readonly domain?: string;
  readonly type?: string;
  readonly proxied?: boolean;
  readonly session_duration?: string;
  readonly allowed_idps?: readonly string[];
  readonly config?: { readonly ingress?: readonly Rule[] };
}

export interface Rule {
  readonly hostname?: string;
  readonly service: string;
  readonly originRequest?: { readonly access?: { readonly required?: boolean; readonly audTag?: readonly string[] } };
}

const KINDS: readonly Kind[] = [
  { api: "authentik", ends: "/providers/oauth2", what: "login provider", note: () => "OpenID Connect" },
  { api: "authentik", ends: "/core/applications", what: "application" },
  { api: "cloudflare", ends: "/access/tags", what: "tag", note: () => "marks what is cfauth's" },
  { api: "cloudflare", ends: "/cfd_tunnel", what: "tunnel" },
  { api: "cloudflare", ends: "/access/identity_providers", what: "login method" },
  { api: "cloudflare", ends: "/access/policies", what: "Access policy" },
  { api: "cloudflare", ends: "/access/apps", what: "Access application", note: application },
  {
    api: "cloudflare",
    ends: "/dns_records",
    what: "DNS record",
    note: ({ type, proxied }) => `${type} to the tunnel${proxied ? ", proxied" : ""}`,
  },
];

const SIGNS: Readonly<Record<string, Deed["sign"]>> = { POST: "+", DELETE: "-" };

/** One request is one deed, save that a tunnel's rules are written all at once. */
export function deedsOf(call: Call, before: Before): readonly Deed[] {
  const where = call.api === "cloudflare" ? "Cloudflare" : "Authentik";
  const body = (call.body ?? {}) as Body;
  if (call.path.endsWith("/configurations")) return ruled(before.rules, body);
  const kind = KINDS.find(
    ({ api, ends }) => api === call.api && (call.path.replace(/\/$/, "").endsWith(ends) || call.path.includes(`${ends}/`)),
  );
  const sign = SIGNS[call.method] ?? "~";
  const deed = { sign, where, what: kind?.what ?? call.path, name: plain(body.name ?? body.domain ?? before.name) } as const;
  const note = sign === "-" ? undefined : kind?.note?.(body);
  return [note === undefined ? deed : { ...deed, note }];
}

/** The names that cfauth gives begin with its mark, or end with a fingerprint; both are for machines. */
const plain = (name: string): string => name.replace(/^cfauth:\S+ /, "").replace(/ #[0-9a-f]+$/, "");

function application({ allowed_idps = [], session_duration }: Body): string {
  const login = allowed_idps.length === 1 ? "one login method" : `${allowed_idps.length || "any"} login methods`;
  return session_duration === undefined ? login : `${login}, good for ${session_duration}`;
}

export const rulesOf = (rules: readonly Rule[] = []): ReadonlyMap<string, string> =>
  new Map(rules.flatMap(({ hostname, service }) => (hostname === undefined ? [] : [[hostname, service] as const])));

function ruled(before: ReadonlyMap<string, string>, { config }: Body): readonly Deed[] {
  const rules = config?.ingress ?? [];
  const after = rulesOf(rules);
  const rule = { where: "Cloudflare", what: "ingress rule" } as const;
  const written = rules.flatMap(({ hostname, service, originRequest }): Deed[] => {
    if (hostname === undefined || before.get(hostname) === service) return [];
    const checked = originRequest?.access?.required === true ? ", if logged in" : "";
    return [{ ...rule, sign: before.has(hostname) ? "~" : "+", name: hostname, note: `${service}${checked}` }];
  });
  const gone = [...before.keys()].filter((hostname) => !after.has(hostname));
  return [...written, ...gone.map((name): Deed => ({ ...rule, sign: "-", name }))];
}
