import { covers, type Hostname } from "./hostname.ts";
import type { Path } from "./path.ts";

/** Where a visitor goes: a hostname, and a path prefix unless it is the whole host. */
export interface Route {
  readonly hostname: Hostname;
  readonly path: Path | undefined;
}

declare const brand: unique symbol;

/** A route as one string, `app.example.com/api`: the key of every table of routes. Also the Access application's domain. */
export type RouteKey = string & { readonly [brand]: "RouteKey" };

export const routeKey = (route: Route): RouteKey =>
  `${route.hostname}${route.path ?? ""}` as RouteKey;

/** Reads back what `routeKey` wrote; undefined for what it cannot have written. */
export function parseRouteKey(text: string): Route | undefined {
  const match =
    /^((?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+)(\/[A-Za-z0-9/._~@:+-]*[A-Za-z0-9._~@:+-])?$/.exec(
      text,
    );
  if (match === null) return undefined;
  return { hostname: match[1] as Hostname, path: match[2] as Path | undefined };
}

/** Most specific first: exact hosts before wildcards, deeper wildcards before shallower, by name, longer paths first. */
export function bySpecificity(a: Route, b: Route): number {
  const wild = (route: Route) => (route.hostname.startsWith("*.") ? 1 : 0);
  const depth = (route: Route) => (wild(route) ? -route.hostname.split(".").length : 0);
  const length = (route: Route) => -(route.path?.length ?? 0);
  return (
    wild(a) - wild(b) ||
    depth(a) - depth(b) ||
    compare(a.hostname, b.hostname) ||
    length(a) - length(b) ||
    compare(a.path ?? "", b.path ?? "")
  );
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Whether `outer` would answer requests for `inner`, if `inner` had no rule of its own: all of them, or, where a wildcard has
 * a path, those for that path.
 */
export function isNestedIn(inner: Route, outer: Route): boolean {
  if (inner.hostname === outer.hostname) return inner.path !== outer.path && within(inner, outer);
  return (
    covers(outer.hostname, inner.hostname) &&
    (inner.path === outer.path || within(inner, outer) || within(outer, inner))
  );
}

/** Whether every request for `inner` is one for `outer`. */
export const coversEntirely = (inner: Route, outer: Route): boolean =>
  covers(outer.hostname, inner.hostname) && (inner.path === outer.path || within(inner, outer));

const within = (inner: Route, outer: Route): boolean =>
  outer.path === undefined || (inner.path ?? "").startsWith(`${outer.path}/`);
