/** What cfauth did to Cloudflare and Authentik, read out of the requests that it sent. */

import { patternPath } from "../../src/core/domain/path.ts";
import type { Call } from "../../test/sandbox/call.ts";

export interface Deed {
  /** `·` for what happened without any change. */
  readonly sign: "+" | "~" | "-" | "·";
  readonly where: "Cloudflare" | "Authentik" | "visitor";
  readonly what: string;
  readonly name: string;
  readonly note?: string;
  /** A further request for the same change: cfauth's log tells of both as one. */
  readonly more?: true;
}

/** What was so before the request. */
export interface Before {
  /** Of the object that the request's address names, or of the tile that is bound. */
  readonly name: string;
  /** Of the group that a tile is bound to. */
  readonly group?: string;
  /** Of the records, by id. */
  readonly records?: ReadonlyMap<string, string>;
  /** Whether every policy that an application names lets in anyone. */
  readonly open?: boolean;
  /** Where the tunnel led, by place: `app.example.com/hooks`. */
  readonly rules: ReadonlyMap<string, string>;
}

interface Kind {
  readonly api: Call["api"];
  /** Of the address, without the id of a single object. */
  readonly ends: string;
  readonly what: string;
  /** Of two that share an address: whether it is this one. */
  readonly is?: (body: Body) => boolean;
  readonly note?: (body: Body, before: Before, sign: Deed["sign"]) => string | undefined;
  /** Whether it is a further request for the change before it. */
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
    note: (_, __, sign) => (sign === "+" ? "OpenID Connect" : "gives it out"),
  },
  {
    api: "authentik",
    ends: "/propertymappings/provider/scope",
    what: "scope",
    note: () => "tells Cloudflare who is in which group",
  },
  {
    api: "authentik",
    ends: "/core/applications",
    what: "application",
    is: ({ provider }) => provider !== undefined,
  },
  // A tile for some only is made without an address, bound, and then shown: in between nobody sees it.
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
  { api: "cloudflare", ends: "/access/tags", what: "tag", note: () => "marks what is cfauth's" },
  { api: "cloudflare", ends: "/cfd_tunnel", what: "tunnel" },
  {
    api: "cloudflare",
    ends: "/access/identity_providers",
    what: "login method",
    note: (_, __, sign) => (sign === "+" ? undefined : "asks for it"),
  },
  { api: "cloudflare", ends: "/access/policies", what: "Access policy" },
  { api: "cloudflare", ends: "/access/apps", what: "Access application", note: application },
  {
    api: "cloudflare",
    ends: "/dns_records",
    what: "DNS record",
    note: (body) => recorded(body),
  },
];

const SIGNS: Readonly<Record<string, Deed["sign"]>> = { POST: "+", DELETE: "-" };

/** One request is one deed, save that a tunnel's rules are written all at once, and several records may be. */
export function deedsOf(call: Call, before: Before): readonly Deed[] {
  const where = call.api === "cloudflare" ? "Cloudflare" : "Authentik";
  const body = (call.body ?? {}) as Body;
  if (call.path.endsWith("/configurations")) return ruled(before.rules, body);
  if (call.path.endsWith("/dns_records/batch")) return batched(before, body);
  const kind = KINDS.find(
    ({ api, ends, is }) =>
      api === call.api &&
      (call.path.replace(/\/$/, "").endsWith(ends) || call.path.includes(`${ends}/`)) &&
      (is?.(body) ?? true),
  );
  const more = kind?.more?.(call) === true;
  const sign = more ? "~" : (SIGNS[call.method] ?? "~");
  const deed = {
    sign,
    where,
    what: kind?.what ?? call.path,
    name: plain(body.name ?? body.domain ?? before.name),
  } as const;
  const note = sign === "-" ? undefined : kind?.note?.(body, before, sign);
  return [{ ...deed, ...(note !== undefined && { note }), ...(more && { more }) }];
}

/** The names that cfauth gives begin with its mark, or end with a fingerprint; both are for machines. */
const plain = (name: string): string =>
  name.replace(/^cfauth:\S+ /, "").replace(/ #[0-9a-f]+$/, "");

/** Of one that is for everyone, or may be seen by now, where it leads. */
function tile({ meta_launch_url = "" }: Body): string | undefined {
  return meta_launch_url.startsWith("https:")
    ? `leads to ${meta_launch_url}`
    : "not to be seen yet";
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

/** The path as the label has it, not the expression that it becomes. */
const placeOf = ({ hostname = "", path = "" }: Rule): string =>
  `${hostname}${patternPath(path) ?? ""}`;

const recorded = ({ type, proxied }: Body): string =>
  `${type} to the tunnel${proxied ? ", proxied" : ""}`;

/** Several records at once. */
function batched({ records }: Before, { deletes = [], posts = [] }: Body): readonly Deed[] {
  const record = { where: "Cloudflare", what: "DNS record" } as const;
  return [
    ...deletes.map(({ id }): Deed => ({ ...record, sign: "-", name: records?.get(id) ?? id })),
    ...posts.map(
      (body): Deed => ({ ...record, sign: "+", name: body.name ?? "", note: recorded(body) }),
    ),
  ];
}

function ruled(before: ReadonlyMap<string, string>, { config }: Body): readonly Deed[] {
  const rules = config?.ingress ?? [];
  const after = rulesOf(rules);
  const rule = { where: "Cloudflare", what: "ingress rule" } as const;
  const written = rules.flatMap((each): Deed[] => {
    const { hostname, service, originRequest } = each;
    const name = placeOf(each);
    if (hostname === undefined || before.get(name) === service) return [];
    const checked = originRequest?.access?.required === true ? ", if logged in" : "";
    return [{ ...rule, sign: before.has(name) ? "~" : "+", name, note: `${service}${checked}` }];
  });
  const gone = [...before.keys()].filter((name) => !after.has(name));
  return [...written, ...gone.map((name): Deed => ({ ...rule, sign: "-", name }))];
}
