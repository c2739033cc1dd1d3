/**
 * A Cloudflare without network or clock: applies changes to an observed state and routes visitors
 * as the edge would.
 */
import { posix } from "node:path";
import { type Audience, type Exposure, isPublic } from "../../../../src/core/domain/exposure.ts";
import { covers, type Hostname } from "../../../../src/core/domain/hostname.ts";
import { accessTag, dnsComment, type Owner } from "../../../../src/core/domain/owner.ts";
import type { RouteKey } from "../../../../src/core/domain/route.ts";
import type {
  AccessApplication,
  DesiredApplication,
  ForeignApplication,
} from "../../../../src/resources/access-application/types.ts";
import type { Policy } from "../../../../src/resources/access-policy/types.ts";
import { markOwned } from "../../../../src/resources/contract/owned.ts";
import { mergeRules } from "../../../../src/resources/ingress-rule/merge-rules.ts";
import { loginCheckOf } from "../../../../src/resources/ingress-rule/rules.ts";
import type { RawRule } from "../../../../src/resources/ingress-rule/types.ts";
import { claimName } from "../../../../src/resources/login/claim.ts";
import type { ObservedState } from "../../../../src/resources/observed.ts";
import type { AnyChange } from "../../../../src/resources/registry.ts";

export const OWNER = "home" as Owner;

const FOREIGN_RULES: readonly RawRule[] = [
  {
    hostname: "Theirs.example.com",
    service: "http://theirs:1",
    originRequest: { noTLSVerify: true, somethingNew: { deep: [1] } },
  },
  { hostname: "x.wild.example.com", path: "^/(?i)odd", service: "http_status:418" },
  { hostname: "*.wild.example.com", service: "http://wild-of-theirs:1" },
];

/**
 * Made by hand at `d.example.com`: a rule that checks no login, a record, and an application that
 * covers one more hostname.
 */
const HAND_MADE_RULE: RawRule = { hostname: "d.example.com", service: "http://old:80" };
const HAND_MADE: ForeignApplication = {
  id: "family-apps",
  name: "Family apps",
  type: "self_hosted",
  destinations: ["d.example.com", "photos.example.com"],
  bypasses: false,
  unmanagedFields: {},
};

export function handMade(observed: ObservedState): ObservedState {
  return {
    ...observed,
    access: { ...observed.access, theirs: [...observed.access.theirs, HAND_MADE] },
    ingress: { ...observed.ingress, rules: [...observed.ingress.rules, HAND_MADE_RULE] },
    dns: {
      ...observed.dns,
      theirs: new Map([
        ...observed.dns.theirs,
        [
          "d.example.com",
          [{ id: "d", zone: "z-1", type: "CNAME", content: "t-1.cfargotunnel.com" }],
        ],
      ]),
    },
  };
}

/**
 * An account with the provider and the tunnel in place and objects of other owners, but nothing of
 * ours at Cloudflare.
 */
export function emptyAccount(): ObservedState {
  return {
    login: {
      teamDomain: "team.cloudflareaccess.com",
      prerequisites: {
        authorizationFlow: "flow",
        invalidationFlow: "gone",
        signingKey: "key",
        usableKeys: ["key"],
        scopes: ["s"],
      },
      provider: {
        pk: 1,
        name: "cf-tunnel-access",
        clientId: "id",
        clientSecret: "secret",
        clientType: "confidential",
        redirectUris: [
          {
            mode: "strict",
            url: "https://team.cloudflareaccess.com/cdn-cgi/access/callback",
            type: "authorization",
          },
        ],
        authorizationFlow: "flow",
        invalidationFlow: "gone",
        signingKey: "key",
        encryptionKey: undefined,
        scopes: ["s"],
        grantTypes: ["authorization_code", "refresh_token"],
        claimsInIdToken: true,
        assignedTo: "cf-tunnel-access",
      },
      application: { slug: "cf-tunnel-access", name: "x", provider: 1, inLibrary: false },
      method: undefined,
      groups: {
        owner: OWNER,
        claim: claimName(OWNER),
        path: "/propertymappings/provider/scope/",
        mapping: undefined,
        canWriteMapping: true,
      },
      settings: { slug: "cf-tunnel-access", publicUrl: "https://auth.example.com" },
    },
    tunnel: {
      tunnel: { id: "t-1", name: "cfauth", source: "cloudflare", connected: true },
      tokenFile: undefined,
      name: "cfauth",
    },
    policy: { mine: [], theirs: [{ id: "friends", name: "Friends", decision: "allow" }] },
    access: {
      mine: new Map(),
      theirs: [
        {
          id: "theirs",
          name: "Theirs",
          type: "self_hosted",
          destinations: ["theirs.example.com"],
          bypasses: false,
          unmanagedFields: {},
        },
      ],
      linked: ["their-policy"],
      duplicates: [],
      tagged: false,
    },
    ingress: {
      version: 7,
      rules: FOREIGN_RULES,
      catchAll: { service: "http_status:404" },
      mark: dnsComment(OWNER),
      takesMark: true,
      propagated: false,
      behind: false,
      unconfirmed: [],
      withheld: new Map(),
      contested: false,
      observeAgainAt: undefined,
      rest: { "warp-routing": { enabled: false } },
    },
    dns: {
      zones: [{ id: "z-1", name: "example.com" }],
      excludedZones: [],
      mine: new Map(),
      theirs: new Map([
        ["theirs.example.com", [{ id: "r", zone: "z-1", type: "A", content: "203.0.113.7" }]],
      ]),
    },
    tile: {
      mine: new Map(),
      taken: new Set(),
      absent: new Set(),
      hidden: 0,
      fault: undefined,
      failed: new Map(),
      acceptedNormalisations: new Map(),
      me: undefined,
    },
    lookups: {
      groups: { found: [] },
      tokens: { found: [] },
      asked: { groups: new Set(), tokens: new Set() },
    },
  };
}

let serial = 0;
const fresh = (what: string): string => `${what}-${++serial}`;

/**
 * The state after the change. A change that the API would refuse, because the object has appeared
 * or gone meanwhile, has no effect.
 */
export function applyChange(observed: ObservedState, change: AnyChange): ObservedState {
  switch (change.kind) {
    case "tunnel":
      return {
        ...observed,
        tunnel: {
          ...observed.tunnel,
          tunnel: { id: "t-1", name: "cfauth", source: "cloudflare", connected: true },
          tokenFile: undefined,
        },
      };
    case "login":
      return { ...observed, login: logins(observed.login, change) };
    case "tile":
      return observed;
    case "policy":
      return { ...observed, policy: { ...observed.policy, mine: policies(observed, change) } };
    case "access":
      return { ...observed, access: applications(observed, change) };
    case "ingress":
      return { ...observed, ingress: rules(observed.ingress, change) };
    case "dns":
      return {
        ...observed,
        dns: {
          ...observed.dns,
          mine: records(observed, change),
          theirs: theirRecords(observed, change),
        },
      };
  }
}

/**
 * A takeover counts as propagated only on the second write: the first time, cloudflared is late.
 */
function rules(
  ingress: ObservedState["ingress"],
  change: AnyChange & { kind: "ingress" },
): ObservedState["ingress"] {
  const wanted = { ...mergeRules(ingress, [change]), propagated: false };
  const written = JSON.stringify(wanted.rules) !== JSON.stringify(ingress.rules);
  return written
    ? { ...wanted, version: ingress.version + 1 }
    : { ...wanted, propagated: "instead" in change };
}

function logins(
  login: ObservedState["login"],
  change: AnyChange & { kind: "login" },
): ObservedState["login"] {
  switch (change.key) {
    case "login-method":
      return {
        ...login,
        method: markOwned({
          id: login.method?.id ?? "idp",
          name: change.name,
          config: change.config,
          claims: change.claims,
          unmanagedFields: {},
        }),
      };
    case "login-groups":
      return {
        ...login,
        groups: { ...login.groups, mapping: { pk: "groups", expression: change.expression } },
      };
    case "login-provider":
      return {
        ...login,
        ...(login.provider && { provider: { ...login.provider, scopes: change.desired.scopes } }),
      };
    default:
      throw new Error(`no ${change.key} here`);
  }
}

function theirRecords(
  { dns }: ObservedState,
  change: AnyChange & { kind: "dns" },
): ObservedState["dns"]["theirs"] {
  if (!("foreign" in change)) return dns.theirs;
  return new Map([...dns.theirs].filter(([name]) => name !== change.desired.name));
}

function policies(
  observed: ObservedState,
  change: AnyChange & { kind: "policy" },
): ObservedState["policy"]["mine"] {
  const { mine } = observed.policy;
  if (change.action === "create")
    return [
      ...mine,
      markOwned({
        id: fresh("policy"),
        name: change.desired.name,
        decision: change.desired.decision,
        include: change.desired.include,
        require: change.desired.require,
        exclude: [],
      }),
    ];
  if (change.action === "update")
    return mine.map((it) =>
      it.id === change.existing.id ? markOwned({ ...it, ...change.desired }) : it,
    );
  const used = [...observed.access.mine.values()].some((it) =>
    it.policies.includes(change.existing.id),
  );
  return used ? mine : mine.filter((it) => it.id !== change.existing.id);
}

function applications(
  observed: ObservedState,
  change: AnyChange & { kind: "access" },
): ObservedState["access"] {
  const mine = new Map(observed.access.mine);
  if ("foreign" in change)
    return {
      ...observed.access,
      theirs: observed.access.theirs.flatMap((it) => without(it, change)),
    };
  if (change.action === "delete" && "existing" in change) {
    if (mine.get(change.existing.route)?.id === change.existing.id)
      mine.delete(change.existing.route);
    return { ...observed.access, mine };
  }
  if (!("desired" in change)) return { ...observed.access, tagged: true };
  const { desired }: { readonly desired: DesiredApplication } = change;
  const found = mine.get(desired.route);
  const known = (id: string) =>
    [...observed.policy.mine, ...observed.policy.theirs].some((policy) => policy.id === id);
  const taken = observed.access.theirs.some(({ destinations }) =>
    destinations.includes(desired.route),
  );
  const refused =
    !desired.policies.every(known) ||
    taken ||
    (change.action === "create" ? found !== undefined : found?.id !== change.existing.id);
  if (refused) return observed.access;
  const identity =
    found === undefined
      ? { id: fresh("app"), aud: fresh("aud") }
      : { id: found.id, aud: found.aud };
  const application: AccessApplication = {
    ...identity,
    route: desired.route,
    name: desired.name,
    allowedIdps: [desired.idp],
    autoRedirect: true,
    session: desired.session,
    tags: [accessTag(OWNER)],
    policies: desired.policies,
    launcher: desired.launcher,
    unmanagedFields: {},
  };
  return { ...observed.access, mine: mine.set(desired.route, markOwned(application)) };
}

function without(
  it: ForeignApplication,
  { foreign, place }: { foreign: ForeignApplication; place: RouteKey },
): readonly ForeignApplication[] {
  if (it.id !== foreign.id) return [it];
  const covers = it.destinations.filter((other) => other !== place);
  return covers.length === 0 ? [] : [{ ...it, destinations: covers }];
}

function records(
  observed: ObservedState,
  change: AnyChange & { kind: "dns" },
): ObservedState["dns"]["mine"] {
  const mine = new Map(observed.dns.mine);
  if (change.action === "delete") {
    if (mine.get(change.existing.name)?.id === change.existing.id)
      mine.delete(change.existing.name);
    return mine;
  }
  const found = mine.get(change.desired.name);
  if (
    change.action === "create" || "foreign" in change
      ? found !== undefined
      : found?.id !== change.existing.id
  )
    return mine;
  const { zone, name, content } = change.desired;
  return mine.set(
    name,
    markOwned({
      id: found?.id ?? fresh("record"),
      zone,
      name,
      type: "CNAME",
      content,
      proxied: true,
    }),
  );
}

/** The part of the state that an edge may still see as it was. */
export type AccessView = Pick<ObservedState, "access" | "policy">;

export interface Request {
  readonly host: string;
  readonly path: string;
}

export interface Visitor {
  readonly name: string;
  /** Groups in Authentik; undefined if the visitor cannot log in. */
  readonly groups: readonly string[] | undefined;
  /** Id of the service token that the visitor sends. */
  readonly token?: string;
}

export const ANYBODY: Visitor = { name: "anybody", groups: undefined };
export const VISITORS: readonly Visitor[] = [
  ANYBODY,
  { name: "a member of no group", groups: [] },
  { name: "one of the family", groups: ["family"] },
  { name: "an admin", groups: ["admins"] },
  { name: "a machine", groups: undefined, token: "token" },
];

/** The service that answers the request, or undefined if the visitor is turned away. */
export function reach(
  rules: readonly RawRule[],
  view: AccessView,
  request: Request,
  visitor: Visitor,
): string | undefined {
  return through(ruleFor(rules, request), applicationFor(view, request), view, visitor);
}

export interface Found {
  readonly aud: string;
  readonly policies: readonly string[];
}

/** @param application - the application that decides at the edge */
export function through(
  rule: RawRule | undefined,
  application: Found | undefined,
  view: AccessView,
  visitor: Visitor,
  logins: ReadonlySet<string> = new Set(),
): string | undefined {
  if (rule === undefined) return undefined;
  const verdict = application === undefined ? "bypass" : judge(application, view, visitor, logins);
  if (verdict === "deny") return undefined;
  const check = loginCheckOf(rule);
  if (check?.required !== true) return rule.service;
  return verdict === "allow" && application !== undefined && check.audTag.includes(application.aud)
    ? rule.service
    : undefined;
}

export function judge(
  { aud, policies }: Found,
  view: AccessView,
  visitor: Visitor,
  logins: ReadonlySet<string>,
): "bypass" | "allow" | "deny" {
  const linked = policies.flatMap(
    (id) => view.policy.mine.find((policy) => policy.id === id) ?? [],
  );
  if (linked.some(({ decision }) => decision === "bypass")) return "bypass";
  if (logins.has(`${visitor.name} ${aud}`)) return "allow";
  // Foreign policies admit every member.
  const theirs = policies.some((id) => view.policy.theirs.some((policy) => policy.id === id));
  if (theirs && visitor.groups !== undefined) return "allow";
  return linked.some((policy) => lets(policy, visitor)) ? "allow" : "deny";
}

function lets({ decision, include, require }: Policy, { groups, token }: Visitor): boolean {
  const holds = (rule: unknown): boolean => {
    const [[kind, leaf] = ["", {}]] = Object.entries(
      rule as Record<string, Record<string, string>>,
    );
    if (kind === "service_token") return token !== undefined && leaf["token_id"] === token;
    if (kind === "any_valid_service_token") return token !== undefined;
    if (kind === "login_method") return groups !== undefined;
    return kind === "oidc" && groups?.includes(leaf["claim_value"] ?? "") === true;
  };
  const early = decision === "non_identity";
  return (
    (early ? token !== undefined : groups !== undefined) &&
    include.some(holds) &&
    require.every(holds)
  );
}

const patterns = new Map<string, RegExp>();

/** RE2 and JavaScript write a character by its code point differently. */
function compiled(pattern: string): RegExp {
  const known =
    patterns.get(pattern) ?? new RegExp(pattern.replaceAll(/\\x\{([0-9a-f]+)\}/g, "\\u{$1}"), "u");
  patterns.set(pattern, known);
  return known;
}

export const ruleFor = (rules: readonly RawRule[], { host, path }: Request): RawRule | undefined =>
  rules.find(
    (it) =>
      covers(it.hostname ?? "", host) &&
      !it.path?.includes("(?i)") &&
      (it.path === undefined || compiled(it.path).test(path)),
  );

/**
 * The most specific application for the request, ours or foreign. Every member may log in to a
 * foreign one.
 */
export function applicationFor(
  view: Pick<AccessView, "access">,
  { host, path }: Request,
): Found | undefined {
  const all = [
    ...[...view.access.mine.values()].map(({ route, aud, policies }) => ({
      place: route as string,
      aud,
      policies,
    })),
    ...view.access.theirs.flatMap(({ id, destinations }) =>
      destinations.map((place) => ({ place, aud: id, policies: ["friends"] })),
    ),
  ];
  return all
    .filter(({ place }) => {
      const [name = "", ...rest] = place.split("/");
      const prefix = rest.length === 0 ? "" : `/${rest.join("/")}`;
      return (
        covers(name, host) && (prefix === "" || path === prefix || path.startsWith(`${prefix}/`))
      );
    })
    .toSorted(
      (a, b) =>
        Number(a.place.startsWith("*")) - Number(b.place.startsWith("*")) ||
        b.place.length - a.place.length,
    )[0];
}

/** The path as seen by an origin that normalises paths, ignores case and drops a file extension. */
export const cleaned = (path: string): string =>
  posix
    .normalize(path.replaceAll(/;[^/]*/g, ""))
    .replace(/(.)\/$/, "$1")
    .replace(/\.json$/, "")
    .toLowerCase();

/**
 * True if these exposures admit the visitor to the service with this request. Of the routes that
 * match, the most specific one decides.
 */
export function admits(
  exposures: readonly Exposure[],
  { host, path: asked }: Request,
  service: string,
  visitor: Visitor,
): boolean {
  const path = cleaned(asked);
  const at = ({ route, origin }: Exposure) =>
    origin.service === service &&
    covers(route.hostname, host) &&
    (route.path === undefined || path === route.path || path.startsWith(`${route.path}/`));
  const [first] = exposures
    .filter(at)
    .toSorted(
      (a, b) =>
        Number(a.route.hostname.startsWith("*")) - Number(b.route.hostname.startsWith("*")) ||
        (b.route.path?.length ?? 0) - (a.route.path?.length ?? 0),
    );
  return first !== undefined && welcomes(first, visitor);
}

export const welcomes = ({ protection }: Exposure, visitor: Visitor): boolean =>
  isPublic(protection) ||
  (protection.kind === "authentik" && belongs(protection.audience, visitor));

function belongs({ groups, policies, tokens }: Audience, visitor: Visitor): boolean {
  if (
    visitor.token !== undefined &&
    (tokens === "any" || tokens.some(({ id }) => id === visitor.token))
  )
    return true;
  if (visitor.groups === undefined) return false;
  return (
    groups.length === 0 ||
    policies.length > 0 ||
    groups.some((group) => visitor.groups?.includes(group))
  );
}

export const resolves = (
  states: readonly Pick<ObservedState["dns"], "mine" | "theirs">[],
  host: string,
): boolean =>
  states.some(
    ({ mine, theirs }) =>
      [...mine.keys()].some((name: Hostname) => covers(name, host)) ||
      (theirs.get(host)?.some(({ content }) => content.endsWith(".cfargotunnel.com")) ?? false),
  );
