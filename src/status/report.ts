import { spoken } from "../domain/duration.ts";
import type { Problem } from "../domain/problem.ts";
import { problemKey } from "../domain/problem.ts";
import { parseRouteKey, type RouteKey } from "../domain/route.ts";

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
  readonly checks: Readonly<Record<"docker" | "cloudflare" | "authentik" | "tunnel", Check>>;
  readonly lastPass: { readonly at: string; readonly result: "settled" | "failed"; readonly applied: number } | null;
}

export type RouteState = "live" | "waiting" | "problem" | "closing";

export type Check = "ok" | "failing" | "unknown";

export interface ReportedRoute {
  readonly hostname: string;
  readonly path: string | null;
  readonly container: string | null;
  readonly origin: string | null;
  readonly access: "authentik" | "public" | null;
  /** Said of Authentik's own hostname: why no login stands before it. */
  readonly note?: string;
  readonly state: RouteState;
  /** For all but live routes. */
  readonly reason?: string;
  readonly since: string;
}

export interface ReportedProblem {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly container: string | null;
  readonly label: string | null;
  readonly hostname: string | null;
  readonly message: string;
  readonly effect: "closed" | "unchanged";
  readonly fix: string;
  readonly since: string;
}

/** What is known of one route at the end of a pass. */
export interface KnownRoute {
  readonly key: RouteKey;
  readonly container: string | undefined;
  readonly origin: string | undefined;
  readonly access: "authentik" | "public" | undefined;
  /** Whether it is Authentik's own. */
  readonly login?: boolean;
  readonly state: RouteState;
  readonly reason: string | undefined;
  /** When the grace of a closing route ends, in milliseconds since 1970. */
  readonly until?: number | undefined;
}

/** Since when something is so: kept from report to report, by key; milliseconds since 1970. */
export type Since = ReadonlyMap<string, number>;

export function reportedRoutes(routes: readonly KnownRoute[], since: Since, now: number): readonly ReportedRoute[] {
  const order: readonly RouteState[] = ["problem", "waiting", "closing", "live"];
  return routes
    .toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || (a.key < b.key ? -1 : 1))
    .map((route) => ({
      hostname: parseRouteKey(route.key)?.hostname ?? route.key,
      path: parseRouteKey(route.key)?.path ?? null,
      container: route.container ?? null,
      origin: route.origin ?? null,
      access: route.access ?? null,
      ...(route.login === true && { note: OWN_HOST }),
      state: route.state,
      ...(route.reason !== undefined && { reason: route.until === undefined ? route.reason : closesIn(route.until - now) }),
      since: iso(since.get(stateKey(route)) ?? now),
    }));
}

export const OWN_HOST = "Authentik itself: open, since the login cannot stand behind itself";

/** Counted down when it is asked for, not when the pass was. */
export const closesIn = (ms: number): string =>
  ms > 0 ? `Container stopped; closes in ${spoken(ms)} unless it comes back.` : "Closing now.";

export const reportedProblems = (problems: readonly Problem[], since: Since, now: number): readonly ReportedProblem[] =>
  problems.map((problem) => ({
    code: problem.code,
    severity: problem.severity,
    container: problem.container ?? null,
    label: problem.label ?? null,
    hostname: problem.route === undefined ? null : (parseRouteKey(problem.route)?.hostname ?? problem.route),
    message: problem.message,
    effect: problem.effect,
    fix: problem.fix,
    since: iso(since.get(problemKey(problem)) ?? now),
  }));

export const summary = (routes: readonly KnownRoute[]): Report["summary"] => {
  const count = (state: RouteState) => routes.filter((route) => route.state === state).length;
  return { live: count("live"), waiting: count("waiting"), problem: count("problem"), closing: count("closing") };
};

export const stateKey = ({ key, state }: Pick<KnownRoute, "key" | "state">): string => `${state} ${key}`;

/** The times of what is still so, and now for what is new. */
export const sinceNow = (before: Since, keys: readonly string[], now: number): Since =>
  new Map(keys.map((key) => [key, before.get(key) ?? now]));

export const iso = (ms: number): string => new Date(ms).toISOString();
