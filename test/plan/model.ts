/** A Cloudflare without network or clock: changes are carried out on a World, and visitors are let through it as the edge would. */
import type { Exposure } from "../../src/domain/exposure.ts";
import { covers, type Hostname } from "../../src/domain/hostname.ts";
import { accessTag, dnsComment, type Owner } from "../../src/domain/owner.ts";
import type { RouteKey } from "../../src/domain/route.ts";
import type { Application } from "../../src/kinds/access/seen.ts";
import type { AnyChange } from "../../src/kinds/index.ts";
import { arrange } from "../../src/kinds/ingress/arrange.ts";
import { checkOf } from "../../src/kinds/ingress/rules.ts";
import type { RawRule } from "../../src/kinds/ingress/seen.ts";
import { claim } from "../../src/kinds/mine.ts";
import type { World } from "../../src/kinds/world.ts";

export const OWNER = "home" as Owner;

const FOREIGN_RULES: readonly RawRule[] = [
  { hostname: "Theirs.example.com", service: "http://theirs:1", originRequest: { noTLSVerify: true, somethingNew: { deep: [1] } } },
  { hostname: "x.wild.example.com", path: "^/(?i)odd", service: "http_status:418" },
  { hostname: "*.wild.example.com", service: "http://wild-of-theirs:1" },
];

/** An account with the login method and tunnel in place, objects of others, and none of ours. */
export function emptyWorld(): World {
  return {
    login: {
      teamDomain: "team.cloudflareaccess.com",
      parts: { authorizationFlow: "flow", invalidationFlow: "gone", signingKey: "key", scopes: ["s"] },
      provider: {
        pk: 1,
        name: "cf-tunnel-access",
        clientId: "id",
        clientSecret: "secret",
        clientType: "confidential",
        redirectUris: [{ mode: "strict", url: "https://team.cloudflareaccess.com/cdn-cgi/access/callback", type: "authorization" }],
        authorizationFlow: "flow",
        invalidationFlow: "gone",
        signingKey: "key",
        encryptionKey: undefined,
        scopes: ["s"],
        grantTypes: ["authorization_code", "refresh_token"],
        claimsInIdToken: true,
      },
      application: { slug: "cf-tunnel-access", name: "x", provider: 1 },
      method: undefined,
      wish: { slug: "cf-tunnel-access", publicUrl: "https://auth.example.com" },
    },
    tunnel: { tunnel: { id: "t-1", name: "cfauth", source: "cloudflare" }, tokenFile: undefined, name: "cfauth" },
    policy: { mine: [] },
    access: {
      mine: new Map(),
      theirs: [{ name: "Theirs", covers: ["theirs.example.com"] }],
      linked: ["their-policy"],
      doubles: [],
      tagged: false,
    },
    ingress: {
      version: 7,
      rules: FOREIGN_RULES,
      catchAll: { service: "http_status:404" },
      mark: dnsComment(OWNER),
      rest: { "warp-routing": { enabled: false } },
    },
    dns: {
      zones: [{ id: "z-1", name: "example.com" }],
      mine: new Map(),
      theirs: new Map([["theirs.example.com", { type: "A", content: "203.0.113.7" }]]),
    },
  };
}

let serial = 0;
const fresh = (what: string): string => `${what}-${++serial}`;

/** The world after the change; the same world when the API would refuse it, since the object has gone or come meanwhile. */
export function carryOut(world: World, change: AnyChange): World {
  switch (change.kind) {
    case "tunnel":
      return { ...world, tunnel: { ...world.tunnel, tunnel: { id: "t-1", name: "cfauth", source: "cloudflare" }, tokenFile: undefined } };
    case "login":
      if (change.key !== "login-method") throw new Error(`no ${change.key} here`);
      return {
        ...world,
        login: {
          ...world.login,
          method: claim({ id: world.login.method?.id ?? "idp", name: change.name, config: change.config, kept: {} }),
        },
      };
    case "policy":
      return { ...world, policy: { mine: policies(world, change) } };
    case "access":
      return { ...world, access: applications(world, change) };
    case "ingress":
      return { ...world, ingress: { ...arrange(world.ingress, [change]), version: world.ingress.version + 1 } };
    case "dns":
      return { ...world, dns: { ...world.dns, mine: records(world, change) } };
  }
}

function policies(world: World, change: AnyChange & { kind: "policy" }): World["policy"]["mine"] {
  const { mine } = world.policy;
  if (change.action === "create")
    return [
      ...mine,
      claim({
        id: fresh("policy"),
        name: change.wish.name,
        decision: change.wish.decision,
        include: change.wish.include,
        require: [],
        exclude: [],
      }),
    ];
  if (change.action === "update") return mine.map((it) => (it.id === change.at.id ? claim({ ...it, ...change.wish }) : it));
  const used = [...world.access.mine.values()].some((it) => it.policies.includes(change.at.id));
  return used ? mine : mine.filter((it) => it.id !== change.at.id);
}

function applications(world: World, change: AnyChange & { kind: "access" }): World["access"] {
  const mine = new Map(world.access.mine);
  if (!("wish" in change) && change.action === "create") return { ...world.access, tagged: true };
  if (change.action === "delete") {
    if (mine.get(change.at.route)?.id === change.at.id) mine.delete(change.at.route);
    return { ...world.access, mine };
  }
  const { wish } = change as { wish: { route: RouteKey; name: string; idp: string; session: string; tag: string; policy: string } };
  const found = mine.get(wish.route);
  const linked = world.policy.mine.some(({ id }) => id === wish.policy);
  const refused = !linked || (change.action === "create" ? found !== undefined : found?.id !== change.at.id);
  if (refused) return world.access;
  const identity = found === undefined ? { id: fresh("app"), aud: fresh("aud") } : { id: found.id, aud: found.aud };
  const application: Application = {
    ...identity,
    route: wish.route,
    name: wish.name,
    allowedIdps: [wish.idp],
    autoRedirect: true,
    session: wish.session,
    tags: [accessTag(OWNER)],
    policies: [wish.policy],
    kept: {},
  };
  return { ...world.access, mine: mine.set(wish.route, claim(application)) };
}

function records(world: World, change: AnyChange & { kind: "dns" }): World["dns"]["mine"] {
  const mine = new Map(world.dns.mine);
  if (change.action === "delete") {
    if (mine.get(change.at.name)?.id === change.at.id) mine.delete(change.at.name);
    return mine;
  }
  const found = mine.get(change.wish.name);
  if (change.action === "create" ? found !== undefined : found?.id !== change.at.id) return mine;
  const { zone, name, content } = change.wish;
  return mine.set(name, claim({ id: found?.id ?? fresh("record"), zone, name, type: "CNAME", content, proxied: true }));
}

/** A part of the world as an edge may still believe it. */
export type AccessView = Pick<World, "access" | "policy">;

export interface Request {
  readonly host: string;
  readonly path: string;
}

export type Visitor = "anybody" | "member";

/** Which service the request ends at; undefined where it is turned away. */
export function reach(rules: readonly RawRule[], view: AccessView, request: Request, visitor: Visitor): string | undefined {
  const application = applicationFor(view, request);
  const decision = application && view.policy.mine.find(({ id }) => id === application.policies[0])?.decision;
  if (application !== undefined && decision !== "bypass" && (decision !== "allow" || visitor === "anybody")) return undefined;
  const token = application !== undefined && decision === "allow" ? application.aud : undefined;
  const rule = rules.find(
    (it) =>
      covers(it.hostname ?? "", request.host) &&
      new RegExp(it.path === undefined || it.path.includes("(?") ? "" : it.path).test(request.path) &&
      !it.path?.includes("(?"),
  );
  if (rule === undefined) return undefined;
  const check = checkOf(rule);
  return check?.required === true && !(token !== undefined && check.audTag.includes(token)) ? undefined : rule.service;
}

function applicationFor(view: AccessView, { host, path }: Request): Application | undefined {
  return [...view.access.mine.values()]
    .filter(({ route }) => {
      const [name = "", ...rest] = route.split("/");
      const prefix = rest.length === 0 ? "" : `/${rest.join("/")}`;
      return covers(name, host) && (prefix === "" || path === prefix || path.startsWith(`${prefix}/`));
    })
    .toSorted((a, b) => Number(a.route.startsWith("*")) - Number(b.route.startsWith("*")) || b.route.length - a.route.length)[0];
}

/** Whether these wishes let the visitor have the service by this request: of those that lead there, the most specific decides. */
export function admits(wishes: readonly Exposure[], { host, path }: Request, service: string, visitor: Visitor): boolean {
  const at = ({ route, origin }: Exposure) =>
    origin.service === service &&
    covers(route.hostname, host) &&
    (route.path === undefined || path === route.path || path.startsWith(`${route.path}/`));
  const [first] = wishes
    .filter(at)
    .toSorted(
      (a, b) =>
        Number(a.route.hostname.startsWith("*")) - Number(b.route.hostname.startsWith("*")) ||
        (b.route.path?.length ?? 0) - (a.route.path?.length ?? 0),
    );
  return first !== undefined && (first.protection.kind === "public" || visitor === "member");
}

export const resolves = (records: readonly World["dns"]["mine"][], host: string): boolean =>
  records.some((mine) => [...mine.keys()].some((name: Hostname) => covers(name, host)));
