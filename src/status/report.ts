import type { Detour } from "../core/domain/origin.ts";
import { type Problem, problemKey } from "../core/domain/problem.ts";
import { parseRouteKey, type RouteKey } from "../core/domain/route.ts";
import { accessApplicationUrl, authentikApplicationUrl, problemUrl } from "../core/links.ts";
import { formatDuration } from "../core/text/duration.ts";
import { redactPersonalData } from "../core/text/redact.ts";
import { isTransient, type Outage, type OutageClock } from "./outages.ts";

/**
 * The body of `/api/routes`. Public interface: removing a field raises the major part of
 * `formatVersion`.
 */
export interface Report {
  readonly formatVersion: "1.0";
  readonly version: string;
  readonly owner: string;
  readonly dryRun: boolean;
  readonly summary: Readonly<Record<RouteState, number>>;
  readonly routes: readonly ReportedRoute[];
  /** Every problem, with or without a route. */
  readonly problems: readonly ReportedProblem[];
  readonly checks: Readonly<Record<"docker" | "cloudflare" | "authentik" | "tunnel", ServiceCheck>>;
  /**
   * The services that have been unreachable, or have rejected cfauth, for longer than the
   * threshold.
   */
  readonly outages: readonly Outage[];
  /** Links to the tunnel in the Cloudflare dashboard and to the login in Authentik. */
  readonly links: { readonly tunnel?: string; readonly authentik?: string };
  /** The prefix of the labels that this cfauth reads. */
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
  /**
   * An address that a browser can open; null for a wildcard and for an origin that does not speak
   * HTTP.
   */
  readonly url: string | null;
  readonly container: string | null;
  readonly origin: string | null;
  readonly access: "authentik" | "public" | null;
  /**
   * Who may enter now; for a waiting route that is not open yet, who will. Null if nobody gets in
   * or it is not known. Never an e-mail address.
   */
  readonly who: string | null;
  /**
   * Why Authentik's own hostname has no login, why the ingress rule does not use the container's
   * name, or what is safer than a protected path inside a public hostname.
   */
  readonly note?: string;
  readonly state: RouteState;
  /** Present unless the route is live. */
  readonly reason?: string;
  /**
   * Only in state `problem`: `closed` if nobody reaches the route, `unchanged` if it is still open
   * as it was.
   */
  readonly effect?: "closed" | "unchanged";
  /** Only in state `problem`, if known. */
  readonly code?: string;
  readonly fix?: string;
  /** Links to the route's objects: the Access application and the tile. */
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
  /** The documentation page of the problem code. */
  readonly docs: string;
  readonly since: string;
}

/** The state of one route at the end of a pass. */
export interface RouteStatus {
  readonly key: RouteKey;
  readonly container: string | undefined;
  readonly origin: string | undefined;
  readonly access: "authentik" | "public" | undefined;
  /** True for Authentik's own hostname. */
  readonly login?: boolean;
  /** Why the ingress rule does not use the container's name. */
  readonly detour?: Detour;
  /** True for a protected path inside a public hostname that leads to the same container. */
  readonly insidePublic?: true;
  readonly state: RouteState;
  readonly reason: string | undefined;
  /** The problem and its fix, in state `problem`. */
  readonly fault?: Pick<Problem, "code" | "fix"> | undefined;
  /** True if the route is reachable now. */
  readonly open?: boolean;
  readonly who?: string;
  /** The id of its Access application and the slug of its tile, if they exist. */
  readonly objects?: {
    readonly application: string | undefined;
    readonly tile: string | undefined;
  };
  /** When the grace period of a closing route ends, in milliseconds since 1970. */
  readonly until?: number | undefined;
}

/**
 * When each state or problem began, by key; milliseconds since 1970. Kept from report to report.
 */
export type Since = ReadonlyMap<string, number>;

/**
 * What links to the dashboards are made of: the Cloudflare account and Authentik's public address.
 */
export interface ConsoleLocations {
  readonly account: string;
  readonly authentik: string;
  /** Slug of the login's Authentik application. */
  readonly slug: string;
}

export function reportedRoutes(
  routes: readonly RouteStatus[],
  since: Since,
  now: number,
  locations?: ConsoleLocations,
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
        links: linksOf(route, locations),
        since: iso(since.get(stateKey(route)) ?? now),
      };
    });
}

/**
 * An address that a browser can open; null for a wildcard and for an origin that does not speak
 * HTTP.
 */
export const routeUrl = (
  hostname: string,
  path: string | null,
  origin: string | undefined,
): string | null =>
  hostname.startsWith("*.") || (origin !== undefined && !/^https?:/.test(origin))
    ? null
    : `https://${hostname}${path ?? ""}`;

function linksOf(
  { objects: { application, tile } = { application: undefined, tile: undefined } }: RouteStatus,
  locations: ConsoleLocations | undefined,
): ReportedRoute["links"] {
  if (locations === undefined) return {};
  const access = application && accessApplicationUrl(locations.account, application);
  const authentik = tile && authentikApplicationUrl(locations.authentik, tile);
  return { ...(access && { access }), ...(authentik && { authentik }) };
}

function noteOf({ login, detour, insidePublic }: RouteStatus): Pick<ReportedRoute, "note"> {
  const notes = [
    ...(login === true ? [OWN_HOST] : []),
    ...(detour === undefined ? [] : [detourNote(detour)]),
    ...(insidePublic === true && login !== true ? [INSIDE_PUBLIC] : []),
  ];
  return notes.length === 0 ? {} : { note: notes.join(". ") };
}

/** `Reached by its id: another container also answers to the name wiki.tunnel` */
export function detourNote({ by, name, why }: Detour): string {
  const way = by === "id" ? "Reached by its id" : "Reached by its address";
  switch (why) {
    case "shared":
      return `${way}: another container also answers to the name ${name}`;
    case "unanswered":
      return `${way}: Docker's DNS does not resolve the name ${name}`;
    case "unusable":
      return `${way}: cloudflared cannot use the name ${name}`;
    case "outside":
      return `${way}: DNS outside Docker may also know the name ${name}`;
    case "kept":
      return `${way}, because the name ${name} was unusable when the rule was written; recreate the container to use the name again`;
  }
}

export const INSIDE_PUBLIC =
  "A protected path inside a public hostname: only the service knows which other spellings of this path it accepts. A separate hostname is safer";

export const OWN_HOST = "Authentik itself: open, because the login page cannot require a login";

/** The remaining time counts down when the report is requested, not when the pass ran. */
export const closesIn = (ms: number): string =>
  ms > 0
    ? `Container stopped; closes in ${formatDuration(ms)} unless it comes back.`
    : "Closing now.";

/** @param routes - for the actual effect: a route with a problem may still be open */
export const reportedProblems = (
  problems: readonly Problem[],
  routes: readonly RouteStatus[],
  clock: OutageClock,
): readonly ReportedProblem[] =>
  problems
    .filter((problem) => !isTransient(problem, clock))
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
        since: iso(clock.since.get(problemKey(problem)) ?? clock.now),
      };
    });

const faultOf = ({ fault }: RouteStatus): RouteStatus["fault"] =>
  fault && { code: fault.code, fix: redactPersonalData(fault.fix) };

function effectOf({ route, effect }: Problem, routes: readonly RouteStatus[]): Problem["effect"] {
  const known = routes.find(({ key }) => key === route);
  if (known?.state !== "problem" || known.open === undefined) return effect;
  return known.open ? "unchanged" : "closed";
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

/** Keeps the start times of keys that still exist, and sets `now` for new ones. */
export const sinceNow = (before: Since, keys: readonly string[], now: number): Since =>
  new Map(keys.map((key) => [key, before.get(key) ?? now]));

export const iso = (ms: number): string => new Date(ms).toISOString();
