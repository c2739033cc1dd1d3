/** Describes what cfauth changed at Cloudflare and Authentik, from the requests that it sent. */

import { patternPath } from "../../src/core/domain/path.ts";
import type { Call } from "../../test/sandbox/call.ts";

export interface JournalEntry {
  /** `·` for an event without a change. */
  readonly sign: "+" | "~" | "-" | "·";
  readonly where: "Cloudflare" | "Authentik" | "visitor";
  readonly what: string;
  readonly name: string;
  readonly note?: string;
  /** A further request for the same change: cfauth logs both as one. */
  readonly more?: true;
}

/** The state before the request. */
export interface Before {
  /** The name of the object in the request's path, or of the tile in a binding. */
  readonly name: string;
  /** The name of the group that a tile is bound to. */
  readonly group?: string;
  /** The names of the DNS records, by id. */
  readonly records?: ReadonlyMap<string, string>;
  /** Whether every policy of an application admits anyone. */
  readonly open?: boolean;
  /** The origins of the tunnel's rules, by route: `app.example.com/hooks`. */
  readonly rules: ReadonlyMap<string, string>;
}

interface Kind {
  readonly api: Call["api"];
  /** The end of the path, without the id of a single object. */
  readonly ends: string;
  readonly what: string;
  /** Distinguishes two kinds with the same path. */
  readonly is?: (body: Body) => boolean;
  readonly note?: (body: Body, before: Before, sign: JournalEntry["sign"]) => string | undefined;
  /** Whether this is a further request for the previous change. */
  readonly more?: (call: Call) => boolean;
}

interface Body {
  readonly name?: string;
  readonly provider?: number;
  readonly meta_launch_url?: string;
  readonly domain?: string;
  readonly type?: string;
  readonly proxied?: boolean;
  readonly session_duration?: string;
  readonly allowed_idps?: readonly string[];
  readonly policies?: readonly { readonly id: string }[];
  readonly deletes?: readonly { readonly id: string }[];
  readonly posts?: readonly Body[];
  readonly config?: { readonly ingress?: readonly Rule[] };
}

export interface Rule {
  readonly hostname?: string;
  readonly path?: string;
  readonly service: string;
  readonly originRequest?: {
    readonly access?: { readonly required?: boolean; readonly audTag?: readonly string[] };
  };
}

const KINDS: readonly Kind[] = [
  {
    api: "authentik",
    ends: "/providers/oauth2",
    what: "login provider",
    note: (_, __, sign) => (sign === "+" ? "OpenID Connect" : "offers the group claim"),
  },
  {
    api: "authentik",
    ends: "/propertymappings/provider/scope",
    what: "scope",
    note: () => "tells Cloudflare a person's groups",
  },
  {
    api: "authentik",
    ends: "/core/applications",
    what: "application",
    is: ({ provider }) => provider !== undefined,
  },
  // A tile for some people is created without an address, then bound, then shown, so nobody sees it too early.
  {
    api: "authentik",
    ends: "/core/applications",
    what: "tile",
    note: tile,
    more: ({ method }) => method === "PATCH",
  },
  {
    api: "authentik",
    ends: "/policies/bindings",
    what: "tile",
    note: (_, { group }) => `only for ${group}`,
    more: () => true,
  },
  {
    api: "cloudflare",
    ends: "/access/tags",
    what: "tag",
    note: () => "marks cfauth's own applications",
  },
  { api: "cloudflare", ends: "/cfd_tunnel", what: "tunnel" },
  {
    api: "cloudflare",
    ends: "/access/identity_providers",
    what: "login method",
    note: (_, __, sign) => (sign === "+" ? undefined : "requests the group claim"),
  },
  { api: "cloudflare", ends: "/access/policies", what: "Access policy" },
  { api: "cloudflare", ends: "/access/apps", what: "Access application", note: application },
  {
    api: "cloudflare",
    ends: "/dns_records",
    what: "DNS record",
    note: (body) => recordNote(body),
  },
];

const SIGNS: Readonly<Record<string, JournalEntry["sign"]>> = { POST: "+", DELETE: "-" };

/** One request is one entry, except that a request can write all rules of a tunnel, or several records. */
export function entriesOf(call: Call, before: Before): readonly JournalEntry[] {
  const where = call.api === "cloudflare" ? "Cloudflare" : "Authentik";
  const body = (call.body ?? {}) as Body;
  if (call.path.endsWith("/configurations")) return ruleEntries(before.rules, body);
  if (call.path.endsWith("/dns_records/batch")) return batchEntries(before, body);
  const kind = KINDS.find(
    ({ api, ends, is }) =>
      api === call.api &&
      (call.path.replace(/\/$/, "").endsWith(ends) || call.path.includes(`${ends}/`)) &&
      (is?.(body) ?? true),
  );
  const more = kind?.more?.(call) === true;
  const sign = more ? "~" : (SIGNS[call.method] ?? "~");
  const entry = {
    sign,
    where,
    what: kind?.what ?? call.path,
    name: plain(body.name ?? body.domain ?? before.name),
  } as const;
  const note = sign === "-" ? undefined : kind?.note?.(body, before, sign);
  return [{ ...entry, ...(note !== undefined && { note }), ...(more && { more }) }];
}

/** Without the mark at the start and the fingerprint at the end of cfauth's names. */
const plain = (name: string): string =>
  name.replace(/^cfauth:\S+ /, "").replace(/ #[0-9a-f]+$/, "");

/** Where a visible tile leads. */
function tile({ meta_launch_url = "" }: Body): string | undefined {
  return meta_launch_url.startsWith("https:") ? `leads to ${meta_launch_url}` : "hidden for now";
}

function application({ allowed_idps = [], session_duration }: Body, { open }: Before): string {
  if (open === true) return "for anyone";
  const login =
    allowed_idps.length === 1
      ? "one login method"
      : `${allowed_idps.length || "any"} login methods`;
  return session_duration === undefined ? login : `${login}, good for ${session_duration}`;
}

export const rulesOf = (rules: readonly Rule[] = []): ReadonlyMap<string, string> =>
  new Map(
    rules.flatMap((rule) =>
      rule.hostname === undefined ? [] : [[placeOf(rule), rule.service] as const],
    ),
  );

/** The path as in the label, not as the regular expression in the rule. */
const placeOf = ({ hostname = "", path = "" }: Rule): string =>
  `${hostname}${patternPath(path) ?? ""}`;

const recordNote = ({ type, proxied }: Body): string =>
  `${type} to the tunnel${proxied ? ", proxied" : ""}`;

/** Several records at once. */
function batchEntries(
  { records }: Before,
  { deletes = [], posts = [] }: Body,
): readonly JournalEntry[] {
  const record = { where: "Cloudflare", what: "DNS record" } as const;
  return [
    ...deletes.map(
      ({ id }): JournalEntry => ({ ...record, sign: "-", name: records?.get(id) ?? id }),
    ),
    ...posts.map(
      (body): JournalEntry => ({
        ...record,
        sign: "+",
        name: body.name ?? "",
        note: recordNote(body),
      }),
    ),
  ];
}

function ruleEntries(
  before: ReadonlyMap<string, string>,
  { config }: Body,
): readonly JournalEntry[] {
  const rules = config?.ingress ?? [];
  const after = rulesOf(rules);
  const rule = { where: "Cloudflare", what: "ingress rule" } as const;
  const written = rules.flatMap((each): JournalEntry[] => {
    const { hostname, service, originRequest } = each;
    const name = placeOf(each);
    if (hostname === undefined || before.get(name) === service) return [];
    const checked = originRequest?.access?.required === true ? ", only if logged in" : "";
    return [{ ...rule, sign: before.has(name) ? "~" : "+", name, note: `${service}${checked}` }];
  });
  const gone = [...before.keys()].filter((name) => !after.has(name));
  return [...written, ...gone.map((name): JournalEntry => ({ ...rule, sign: "-", name }))];
}
