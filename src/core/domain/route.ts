import { covers, type Hostname } from "./hostname.ts";
import type { Path } from "./path.ts";

/** A public hostname, with a path prefix unless the route is the whole host. */
export interface Route {
  readonly hostname: Hostname;
  readonly path: Path | undefined;
}

declare const brand: unique symbol;

/**
 * A route as one string, `app.example.com/api`. It keys every table of routes and is the Access
 * application's domain.
 */
export type RouteKey = string & { readonly [brand]: "RouteKey" };

export const routeKey = (route: Route): RouteKey =>
  `${route.hostname}${route.path ?? ""}` as RouteKey;

/** Parses a key from `routeKey`; undefined for a text that `routeKey` cannot have written. */
export function parseRouteKey(text: string): Route | undefined {
  const match =
    /^((?:\*\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+)(\/[A-Za-z0-9/._~@:+-]*[A-Za-z0-9._~@:+-])?$/.exec(
      text,
    );
  if (match === null) return undefined;
  return { hostname: match[1] as Hostname, path: match[2] as Path | undefined };
}

/**
 * Sorts the most specific route first: exact hosts before wildcards, deeper wildcards before
 * shallower ones, then by name, then longer paths first.
 */
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

function compare(a: string, b: string): number {
  if (a < b) return -1;
  return a > b ? 1 : 0;
}

/**
 * True if `outer` would answer requests for `inner` if `inner` had no rule of its own. It answers
 * all of them, or, if a wildcard has a path, those for that path.
 */
export function isNestedIn(inner: Route, outer: Route): boolean {
  if (inner.hostname === outer.hostname) return inner.path !== outer.path && within(inner, outer);
  return (
    covers(outer.hostname, inner.hostname) &&
    (inner.path === outer.path || within(inner, outer) || within(outer, inner))
  );
}

/** True if every request for `inner` is also a request for `outer`. */
export const coversEntirely = (inner: Route, outer: Route): boolean =>
  covers(outer.hostname, inner.hostname) && (inner.path === outer.path || within(inner, outer));

const within = (inner: Route, outer: Route): boolean =>
  outer.path === undefined || (inner.path ?? "").startsWith(`${outer.path}/`);
