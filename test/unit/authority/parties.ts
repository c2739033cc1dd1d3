/**
 * The parties of the histories: the names of their containers, what their labels ask for, and whom
 * that admits.
 */
import fc from "fast-check";
import { covers } from "../../../src/core/domain/hostname.ts";
import { cleaned, type Request, type Visitor } from "../core/plan/model.ts";
import type { Container } from "./engine.ts";

/** A container that can start, stop and be recreated under its name. */
export interface Member {
  readonly name: string;
  /** The party: a Compose project, or a single container. */
  readonly owner: string;
  /** The content of the Compose labels. */
  readonly compose: { readonly project: string; readonly service: string } | undefined;
  /** Whether the Compose labels are copied from another party's container. */
  readonly forged: boolean;
  readonly aliases: readonly string[];
  /** The hostname that it usually asks for. */
  readonly home: string;
  readonly port: number;
}

export type Access = "public" | "everyone" | "family" | "admins";

export interface IntendedRoute {
  readonly host: string;
  readonly path: string | undefined;
  readonly access: Access;
  /** Whether `/hooks` below it needs no login. */
  readonly bypass: boolean;
}

/** What the labels of one container ask for. */
export interface Intent {
  readonly routes: readonly IntendedRoute[];
  readonly shareWith: readonly string[];
  readonly adopt: boolean;
  /** Further labels of every route: a fault, or an origin that is not the container's own. */
  readonly further: Readonly<Record<string, string>>;
  readonly imageLabels: Readonly<Record<string, string>>;
  readonly networks: readonly string[];
}

export const LOGIN_HOST = "auth.example.com";
export const HOSTS = [
  "wiki.example.com",
  "photos.example.com",
  "blog.example.com",
  "nas.example.com",
] as const;
/** The hostname that only a wildcard covers. */
const OTHER_HOST = "other.example.com";
const PATHS = ["/login", "/api", "/application/o/cf-tunnel-access/jwks"] as const;

export const REQUESTS: readonly Request[] = [...HOSTS, LOGIN_HOST, OTHER_HOST].flatMap((host) =>
  ["/", "/login", "/login/x", "/api/v1", "/application/o/cf-tunnel-access/jwks", "/hooks"].map(
    (path) => ({ host, path }),
  ),
);

const composed = (project: string, service: string, home: string): Member => ({
  name: `${project}-${service}-1`,
  owner: project,
  compose: { project, service },
  forged: false,
  aliases: [service],
  home,
  port: 80,
});

/** Authentik's own container: `AUTHENTIK_API_URL` names its Compose service. */
export const AUTHENTIK: Member = {
  ...composed("authentik", "authentik-server", LOGIN_HOST),
  port: 9000,
};
export const WIKI = composed("home", "wiki", "wiki.example.com");
const NAS: Member = {
  ...composed("nas", "nas", "nas.example.com"),
  name: "nas",
  owner: "container nas",
  compose: undefined,
  aliases: [],
};

const RESIDENTS: readonly Member[] = [
  AUTHENTIK,
  WIKI,
  composed("home", "photos", "photos.example.com"),
  composed("blog", "web", "blog.example.com"),
  NAS,
];

/**
 * Compose labels that a hostile container may have: those of its own project, with services named
 * like others', and copied ones.
 */
const identity = fc.constantFrom<Pick<Member, "compose" | "forged">>(
  { compose: undefined, forged: false },
  { compose: { project: "evil", service: "web" }, forged: false },
  { compose: { project: "evil", service: "wiki" }, forged: false },
  { compose: { project: "evil", service: "home-wiki-1" }, forged: false },
  { compose: { project: "evil", service: "blog-web-1.tunnel" }, forged: false },
  { compose: { project: "evil", service: "authentik-server" }, forged: false },
  { compose: { project: "evil", service: "nas.lan" }, forged: false },
  { compose: { project: "home", service: "wiki" }, forged: true },
);

const ALIASES = [
  "wiki",
  "home-wiki-1",
  "home-wiki-1.tunnel",
  "blog-web-1",
  "nas",
  "nas.tunnel",
  "authentik-server",
] as const;

/**
 * @param names - the possible names
 * @param hidden - whether it may have aliases that no container list shows
 */
const intruder = (names: readonly string[], hidden: boolean): fc.Arbitrary<Member> =>
  fc
    .record({
      name: fc.constantFrom(...names),
      identity,
      aliases: hidden ? fc.subarray([...ALIASES], { maxLength: 2 }) : fc.constant([]),
      home: fc.constantFrom(...HOSTS),
    })
    .map(({ name, identity: { compose, forged }, aliases, home }) => ({
      name,
      owner: compose === undefined || forged ? `container ${name}` : compose.project,
      compose,
      forged,
      aliases: compose === undefined || forged ? aliases : [compose.service, ...aliases],
      home,
      port: 80,
    }));

/** Two to four parties, one or two of them hostile. */
export const membersOf = (hidden: boolean): fc.Arbitrary<readonly Member[]> =>
  fc
    .record({
      residents: fc.subarray([...RESIDENTS], { minLength: 1, maxLength: 4 }),
      intruders: fc.tuple(
        intruder(["evil", "web", "home-wiki-1.tunnel"], hidden),
        fc.option(intruder(["nas.lan", "wiki", "router"], hidden), { nil: undefined, freq: 2 }),
      ),
    })
    .map(({ residents, intruders }) => [
      ...residents,
      ...intruders.filter((it) => it !== undefined),
    ])
    .filter((members) => {
      // Of two containers of one service without Compose's own container names, at most one is that
      // service.
      const services = members.flatMap(({ compose, forged }) =>
        compose === undefined || forged ? [] : `${compose.project} ${compose.service}`,
      );
      return new Set(services).size === services.length;
    });

const routeAt = (home: string): fc.Arbitrary<IntendedRoute> =>
  fc.record({
    host: fc.oneof(
      { weight: 3, arbitrary: fc.constant(home) },
      { weight: 2, arbitrary: fc.constantFrom(...HOSTS, LOGIN_HOST, "*.example.com") },
    ),
    path: fc.option(fc.constantFrom(...PATHS), { nil: undefined, freq: 3 }),
    access: fc.constantFrom<Access>("public", "everyone", "family", "admins"),
    bypass: fc.constantFrom(false, false, false, true),
  });

const FURTHER: readonly Intent["further"][] = [
  { prot: "80" },
  { port: "99999" },
  { service: "http://nas.lan:80" },
  { service: "http://home-wiki-1:80" },
  { service: "http://home-wiki-1.tunnel:80" },
  { service: "http://172.20.0.1:80" },
  { service: "http://localhost:80" },
  { service: "http://host.docker.internal:2375" },
  { network: "edge" },
  { network: "bridge" },
];

const IMAGE_LABELS: readonly Intent["imageLabels"][] = [
  { "cfauth.access": "public" },
  { "cfauth.r0.access": "public" },
  { "cfauth.hostname": "wiki.example.com", "cfauth.access": "public" },
  { "com.docker.compose.project": "home", "com.docker.compose.service": "wiki" },
];

export const intentOf = ({ home }: Member): fc.Arbitrary<Intent> =>
  fc.record({
    routes: fc.array(routeAt(home), { minLength: 1, maxLength: 2 }),
    shareWith: fc.constantFrom<readonly string[]>([], [], [], ["home"], ["evil", "blog"], ["*"]),
    adopt: fc.constantFrom(false, false, true),
    further: fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.constantFrom(...FURTHER) },
    ),
    imageLabels: fc.oneof(
      { weight: 4, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.constantFrom(...IMAGE_LABELS) },
    ),
    networks: fc.constantFrom(["tunnel"], ["tunnel"], ["tunnel", "edge"], ["edge"]),
  });

/** The path that needs no login, if any. */
const bypassOf = ({ path, access, bypass }: IntendedRoute): string | undefined =>
  bypass && access !== "public" ? `${path ?? ""}/hooks` : undefined;

const LABELS_OF_ACCESS: Readonly<Record<Access, Readonly<Record<string, string>>>> = {
  public: { access: "public" },
  everyone: {},
  family: { "access.groups": "family" },
  admins: { "access.groups": "admins" },
};

/** The container as its operator starts it. */
export function containerOf(
  member: Member,
  intent: Intent,
  created: number,
  incarnation: number,
): Container {
  const labels = intent.routes.flatMap((route, index) => {
    const bypass = bypassOf(route);
    const all = {
      hostname: route.host,
      ...(route.path !== undefined && { path: route.path }),
      ...LABELS_OF_ACCESS[route.access],
      ...(bypass !== undefined && { "access.bypass": bypass }),
      ...(intent.shareWith.length > 0 && { "share-with": intent.shareWith.join(",") }),
      ...(intent.adopt && { adopt: "true" }),
      ...intent.further,
    };
    return Object.entries(all).map(([key, text]) => [`cfauth.r${index}.${key}`, text]);
  });
  // Compose adds the hash of the configuration to its labels. That proves them to be its own even
  // if the image has the same labels.
  const compose =
    member.compose === undefined
      ? {}
      : {
          "com.docker.compose.project": member.compose.project,
          "com.docker.compose.service": member.compose.service,
          ...(!member.forged && {
            "com.docker.compose.config-hash": `${member.name} ${incarnation}`,
          }),
        };
  return {
    name: member.name,
    owner: member.owner,
    labels: { ...Object.fromEntries(labels), ...compose },
    imageLabels: intent.imageLabels,
    aliases: member.aliases,
    networks: intent.networks,
    created,
    incarnation,
    ports: [member.port],
  };
}

/**
 * True if the labels are valid as they are: each route is requested once, and there are no further
 * labels.
 */
export function isSound({ routes, further }: Intent, groups: readonly string[]): boolean {
  const keys = routes.flatMap((route) =>
    [route.path ?? "", bypassOf(route) ?? []].flat().map((path) => `${route.host}${path}`),
  );
  const known = routes.every(
    ({ access }) => access === "public" || access === "everyone" || groups.includes(access),
  );
  return known && new Set(keys).size === keys.length && Object.keys(further).length === 0;
}

const within = (path: string, prefix: string | undefined): boolean =>
  prefix === undefined || path === prefix || path.startsWith(`${prefix}/`);

/**
 * True if these labels admit the visitor to the container with this request. The most specific of
 * its routes decides.
 */
export function intends(
  member: Member,
  { routes }: Intent,
  { host, path: asked }: Request,
  visitor: Visitor,
): boolean {
  const path = cleaned(asked);
  const open = routes.flatMap((route): readonly IntendedRoute[] => {
    const bypass = bypassOf(route);
    return bypass === undefined ? [route] : [route, { ...route, path: bypass, access: "public" }];
  });
  const fit = open.filter((it) => covers(it.host, host) && within(path, it.path));
  const rank = ({ host: at, path: prefix = "" }: IntendedRoute) =>
    (at.startsWith("*") ? 0 : 1_000) + prefix.length;
  const most = Math.max(...fit.map(rank));
  return fit.filter((it) => rank(it) === most).some((route) => admits(member, route, visitor));
}

/** The paths inside the hostname that the labels ask for, including those without a login. */
export const pathsIn = ({ routes }: Intent, host: string): readonly string[] =>
  routes
    .filter((it) => it.host === host)
    .flatMap((it) => [it.path ?? [], bypassOf(it) ?? []].flat());

/**
 * True if Authentik's own container asks for its own hostname. The hostname is then open to anyone
 * and stays open until all other routes are closed.
 */
export const asksForLogin = ({ routes }: Intent): boolean =>
  routes.some(({ host, path }) => host === LOGIN_HOST && path === undefined);

function admits(
  member: Member,
  { host, path, access }: IntendedRoute,
  { groups }: Visitor,
): boolean {
  if (access === "public" || (member === AUTHENTIK && host === LOGIN_HOST && path === undefined))
    return true;
  return groups !== undefined && (access === "everyone" || groups.includes(access));
}
