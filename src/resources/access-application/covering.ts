import { coversEntirely, parseRouteKey, type Route, routeKey } from "../../core/domain/route.ts";
import type { ForeignApplication, ObservedAccessApplications } from "./types.ts";

/**
 * A destination in Access's notation, `*.example.com/admin`. A `*` in the host matches within one
 * label; a `*` in the path matches across segments.
 */
interface DestinationPattern {
  readonly host: string;
  /**
   * "" for the whole host, else it begins with a slash. Lower case, because it is not documented
   * whether Access is case-sensitive.
   */
  readonly path: string;
}

/** A foreign application, and its destination that covers a route. */
export interface Covering {
  readonly application: ForeignApplication;
  readonly place: string;
}

/**
 * The foreign application that decides who reaches the route, or part of it, until cfauth has an
 * application there. It has a parent path or a wildcard hostname as a destination.
 *
 * An application of ours would be more specific and decide instead, so it would make a hole in the
 * protection of the foreign one. For a destination that equals the route see
 * `foreignApplicationAt`.
 *
 * Undefined also if an application of ours lies between the two: it already decides there.
 */
export function foreignApplicationsCovering(
  observed: Pick<ObservedAccessApplications, "mine" | "theirs">,
  route: Route,
): Covering | undefined {
  for (const application of observed.theirs) {
    if (LINKS_AND_DEVICES.has(application.type)) continue;
    const place = application.destinations.find(
      (it) => it !== routeKey(route) && covers(it, route) && !isOverruled(observed, it, route),
    );
    if (place !== undefined) return { application, place };
  }
  return undefined;
}

/**
 * Types that protect nothing which visitors reach by its hostname (API schema, checked 2026-12).
 * Any other type may do so.
 */
const LINKS_AND_DEVICES: ReadonlySet<string> = new Set([
  "app_launcher",
  "biso",
  "bookmark",
  "dash_sso",
  "infrastructure",
  "saas",
  "warp",
]);

function covers(text: string, route: Route): boolean {
  const pattern = parsePattern(text);
  const path = (route.path ?? "").toLowerCase();
  if (pattern.host === route.hostname) return coversPath(pattern.path, path);
  return (
    coversHost(pattern.host, route.hostname) &&
    (path === "" || coversPath(pattern.path, path) || isBelow(pattern.path, path))
  );
}

function parsePattern(text: string): DestinationPattern {
  const [host = "", ...segments] = text.split("/");
  return { host, path: segments.map((segment) => `/${segment}`.toLowerCase()).join("") };
}

/** A wildcard hostname of ours matches only the same pattern: more specific ones still decide. */
function coversHost(pattern: string, hostname: string): boolean {
  if (!pattern.includes("*")) return false;
  return new RegExp(`^${pattern.split("*").map(escapeRegExp).join("[^.]*")}$`).test(hostname);
}

const escapeRegExp = (text: string): string => text.replace(/[\\^$.|?+()[\]{}]/g, "\\$&");

/**
 * Whether a path pattern covers the prefix, or may cover it. Everything after the first `*` counts
 * as a match, because it is not documented which of two paths with a wildcard is the more specific
 * one.
 */
function coversPath(pattern: string, prefix: string): boolean {
  if (pattern === "") return true;
  if (prefix === "") return false;
  const [head = ""] = pattern.split("*");
  return pattern.includes("*")
    ? `${prefix}/`.startsWith(head)
    : `${prefix}/`.startsWith(`${pattern}/`);
}

/** For a wildcard host only: ours has the exact host and decides first for the whole prefix. */
const isBelow = (pattern: string, prefix: string): boolean => pattern.startsWith(`${prefix}/`);

/** Whether an application of ours covers the route and is more specific than the foreign one. */
function isOverruled(
  { mine }: Pick<ObservedAccessApplications, "mine">,
  foreign: string,
  route: Route,
): boolean {
  const pattern = parsePattern(foreign);
  return [...mine.keys()].some((key) => {
    const ours = parseRouteKey(key);
    if (ours === undefined || ours.hostname !== route.hostname || !coversEntirely(route, ours))
      return false;
    return pattern.host !== route.hostname || (ours.path ?? "").length > pattern.path.length;
  });
}
