import type { Detour } from "../core/domain/origin.ts";
import { type Problem, problemKey } from "../core/domain/problem.ts";
import { parseRouteKey, type RouteKey } from "../core/domain/route.ts";
import { accessApplicationUrl, authentikApplicationUrl, problemUrl } from "../core/links.ts";
import { formatDuration } from "../core/text/duration.ts";
import { redactPersonalData } from "../core/text/redact.ts";
import { isTransient, type Outage, type OutageClock } from "./outages.ts";

/** `/api/routes`. Public interface: `formatVersion` counts up in its first part when something is taken away. */
export interface Report {
  readonly formatVersion: "1.0";
  readonly version: string;
  readonly owner: string;
  readonly dryRun: boolean;
  readonly summary: Readonly<Record<RouteState, number>>;
  readonly routes: readonly ReportedRoute[];
  /** Every problem, those of routes too, and those that belong to none. */
  readonly problems: readonly ReportedProblem[];
  readonly checks: Readonly<Record<"docker" | "cloudflare" | "authentik" | "tunnel", ServiceCheck>>;
  /** Who has not answered, or has refused cfauth, for longer than a blip. */
  readonly outages: readonly Outage[];
  /** Where the tunnel, and the login in Authentik, are looked after. */
  readonly links: { readonly tunnel?: string; readonly authentik?: string };
  /** How the labels begin that this cfauth reads. */
  readonly labelPrefix: string;
  readonly lastPass: {
    readonly at: string;
    readonly result: "settled" | "failed";
    readonly applied: number;
  } | null;
}

export type RouteState = "live" | "waiting" | "problem" | "closing";

export type ServiceCheck = "ok" | "failing" | "unknown";

export interface ReportedRoute {
  readonly hostname: string;
  readonly path: string | null;
  /** What a browser can open; null for a wildcard, and for what is no web page. */
  readonly url: string | null;
  readonly container: string | null;
  readonly origin: string | null;
  readonly access: "authentik" | "public" | null;
  /** Who may enter now; of a waiting route that is not open yet, who will. Null where nobody gets in, or it is not known. Never an address. */
  readonly who: string | null;
  /**
   * Why no login is in front of Authentik's own hostname, why the rule does not lead to the container by its name, or what is
   * safer than a protected path inside a public host.
   */
  readonly note?: string;
  readonly state: RouteState;
  /** For all but live routes. */
  readonly reason?: string;
  /** Of a problem: nobody reaches the route, or it is still open as it was. */
  readonly effect?: "closed" | "unchanged";
  /** Of a problem that has one. */
  readonly code?: string;
  readonly fix?: string;
  /** The objects of the route, where a person can look at them: the Access application, and the tile. */
  readonly links: { readonly access?: string; readonly authentik?: string };
  readonly since: string;
}

export interface ReportedProblem {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly container: string | null;
  readonly label: string | null;
  readonly hostname: string | null;
  readonly path: string | null;
  readonly message: string;
  readonly effect: "closed" | "unchanged";
  readonly fix: string;
  /** Where more is written about it. */
  readonly docs: string;
  readonly since: string;
}

/** What is known of one route at the end of a pass. */
export interface RouteStatus {
  readonly key: RouteKey;
  readonly container: string | undefined;
  readonly origin: string | undefined;
  readonly access: "authentik" | "public" | undefined;
  /** Whether it is Authentik's own. */
  readonly login?: boolean;
  /** Why the rule does not lead to the container by its name. */
  readonly detour?: Detour;
  /** Whether it is a protected path inside a public host that shows the same container. */
  readonly insidePublic?: true;
  readonly state: RouteState;
  readonly reason: string | undefined;
  /** Which problem, and its mend, where its state is one. */
  readonly fault?: Pick<Problem, "code" | "fix"> | undefined;
  /** Whether anybody reaches it now. */
  readonly open?: boolean;
  readonly who?: string;
  /** Id of its Access application, and slug of its tile, of those that are there. */
  readonly objects?: {
    readonly application: string | undefined;
    readonly tile: string | undefined;
  };
  /** When the grace of a closing route ends, in milliseconds since 1970. */
  readonly until?: number | undefined;
}

/** Since when something is so: kept from report to report, by key; milliseconds since 1970. */
export type Since = ReadonlyMap<string, number>;

/** Where the objects of the routes are looked after: the account in Cloudflare, Authentik's public address. */
export interface ConsoleLocations {
  readonly account: string;
  readonly authentik: string;
  /** Of the login's application. */
  readonly slug: string;
}

export function reportedRoutes(
  routes: readonly RouteStatus[],
  since: Since,
  now: number,
  places?: ConsoleLocations,
): readonly ReportedRoute[] {
  const order: readonly RouteState[] = ["problem", "waiting", "closing", "live"];
  return routes
    .toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || (a.key < b.key ? -1 : 1))
    .map((route) => {
      const { hostname, path = null } = parseRouteKey(route.key) ?? { hostname: route.key };
      return {
        hostname,
        path,
        url: routeUrl(hostname, path, route.origin),
        container: route.container ?? null,
        origin: route.origin ?? null,
        access: route.access ?? null,
        who: route.who === undefined ? null : redactPersonalData(route.who),
        ...noteOf(route),
        state: route.state,
        ...(route.reason !== undefined && {
          reason:
            route.until === undefined
              ? redactPersonalData(route.reason)
              : closesIn(route.until - now),
        }),
        ...(route.state === "problem" && {
          effect: route.open === true ? ("unchanged" as const) : ("closed" as const),
          ...faultOf(route),
        }),
        links: linksOf(route, places),
        since: iso(since.get(stateKey(route)) ?? now),
      };
    });
}

/** What a browser can open; null for a wildcard, and for what is no web page. */
export const routeUrl = (
  hostname: string,
  path: string | null,
  origin: string | undefined,
): string | null =>
  hostname.startsWith("*.") || (origin !== undefined && !/^https?:/.test(origin))
    ? null
    : `https://${hostname}${path ?? ""}`;

const linksOf = (
  { objects }: RouteStatus,
  places: ConsoleLocations | undefined,
): ReportedRoute["links"] => ({
  ...(places !== undefined &&
    objects?.application !== undefined && {
      access: accessApplicationUrl(places.account, objects.application),
    }),
  ...(places !== undefined &&
    objects?.tile !== undefined && {
      authentik: authentikApplicationUrl(places.authentik, objects.tile),
    }),
});

function noteOf({ login, detour, insidePublic }: RouteStatus): Pick<ReportedRoute, "note"> {
  const notes = [
    ...(login === true ? [OWN_HOST] : []),
    ...(detour === undefined ? [] : [detourNote(detour)]),
    ...(insidePublic === true && login !== true ? [INSIDE_PUBLIC] : []),
  ];
  return notes.length === 0 ? {} : { note: notes.join(". ") };
}

/** `Reached by its id: another container answers to the name wiki.tunnel too` */
export function detourNote({ by, name, why }: Detour): string {
  const way = by === "id" ? "Reached by its id" : "Reached by its address";
  switch (why) {
    case "shared":
      return `${way}: another container answers to the name ${name} too`;
    case "unanswered":
      return `${way}: Docker's DNS does not answer the name ${name}`;
    case "unusable":
      return `${way}: cloudflared cannot use the name ${name}`;
    case "outside":
      return `${way}: the DNS outside Docker may know the name ${name} too`;
    case "kept":
      return `${way}, since the name ${name} could not be used when the rule was written; recreate the container to have the name again`;
  }
}

export const INSIDE_PUBLIC =
  "A protected path inside a public host: which other spellings the service takes for this path, only the service knows. A hostname of its own is safer";

export const OWN_HOST = "Authentik itself: open, since the login cannot stand behind itself";

/** Counted down when it is asked for, not when the pass was. */
export const closesIn = (ms: number): string =>
  ms > 0
    ? `Container stopped; closes in ${formatDuration(ms)} unless it comes back.`
    : "Closing now.";

/** @param routes - for the effect: whether a route that has a problem is open all the same */
export const reportedProblems = (
  problems: readonly Problem[],
  routes: readonly RouteStatus[],
  patience: OutageClock,
): readonly ReportedProblem[] =>
  problems
    .filter((problem) => !isTransient(problem, patience))
    .map((problem) => {
      const { hostname, path = null } = (problem.route && parseRouteKey(problem.route)) ?? {
        hostname: problem.route ?? null,
      };
      return {
        code: problem.code,
        severity: problem.severity,
        container: problem.container ?? null,
        label: problem.label ?? null,
        hostname,
        path,
        message: redactPersonalData(problem.message),
        effect: effectOf(problem, routes),
        fix: redactPersonalData(problem.fix),
        docs: problemUrl(problem.code),
        since: iso(patience.since.get(problemKey(problem)) ?? patience.now),
      };
    });

const faultOf = ({ fault }: RouteStatus): RouteStatus["fault"] =>
  fault && { code: fault.code, fix: redactPersonalData(fault.fix) };

function effectOf({ route, effect }: Problem, routes: readonly RouteStatus[]): Problem["effect"] {
  const known = routes.find(({ key }) => key === route);
  return known?.state !== "problem" || known.open === undefined
    ? effect
    : known.open
      ? "unchanged"
      : "closed";
}

export const summary = (routes: readonly RouteStatus[]): Report["summary"] => {
  const count = (state: RouteState) => routes.filter((route) => route.state === state).length;
  return {
    live: count("live"),
    waiting: count("waiting"),
    problem: count("problem"),
    closing: count("closing"),
  };
};

export const stateKey = ({ key, state }: Pick<RouteStatus, "key" | "state">): string =>
  `${state} ${key}`;

/** The times of what is still so, and now for what is new. */
export const sinceNow = (before: Since, keys: readonly string[], now: number): Since =>
  new Map(keys.map((key) => [key, before.get(key) ?? now]));

export const iso = (ms: number): string => new Date(ms).toISOString();
