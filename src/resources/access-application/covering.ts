import { coversEntirely, parseRouteKey, type Route, routeKey } from "../../core/domain/route.ts";
import type { ForeignApplication, ObservedAccessApplications } from "./types.ts";

/** A place as Access has it, `*.example.com/admin`: `*` in the host stands within one label, in the path across segments. */
interface Place {
  readonly host: string;
  /** "" for the whole host, else it begins with a slash. Lower case: whether Access minds the case is not documented. */
  readonly path: string;
}

/** A foreign application, and the place in it by which it covers a route. */
export interface Covering {
  readonly application: ForeignApplication;
  readonly place: string;
}

/**
 * The foreign application that decides at Cloudflare's edge who reaches the route, or part of it, as long as cfauth has no
 * application there: it names a parent path, or a wildcard around the hostname. An application of ours would be more specific,
 * decide in its place, and so make a hole in its protection. One that names exactly this place is not meant: see `foreignApplicationAt`.
 *
 * Undefined also where an application of ours is between the two: it decides there already.
 */
export function foreignApplicationsCovering(
  seen: Pick<ObservedAccessApplications, "mine" | "theirs">,
  route: Route,
): Covering | undefined {
  for (const application of seen.theirs) {
    if (LINKS_AND_DEVICES.has(application.type)) continue;
    const place = application.destinations.find(
      (it) => it !== routeKey(route) && covers(it, route) && !isOverruled(seen, it, route),
    );
    if (place !== undefined) return { application, place };
  }
  return undefined;
}

/** Types that stand before nothing which visitors reach by its hostname (API schema, checked 2026-12). Any other type may. */
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
  const place = placeFrom(text);
  const path = (route.path ?? "").toLowerCase();
  if (place.host === route.hostname) return coversPath(place.path, path);
  return (
    coversHost(place.host, route.hostname) &&
    (path === "" || coversPath(place.path, path) || isBelow(place.path, path))
  );
}

function placeFrom(text: string): Place {
  const [host = "", ...segments] = text.split("/");
  return { host, path: segments.map((segment) => `/${segment}`.toLowerCase()).join("") };
}

/** A wildcard of ours is matched by the same pattern only: what is more specific than it goes on deciding. */
function coversHost(pattern: string, hostname: string): boolean {
  if (!pattern.includes("*")) return false;
  return new RegExp(`^${pattern.split("*").map(literal).join("[^.]*")}$`).test(hostname);
}

const literal = (text: string): string => text.replace(/[\\^$.|?+()[\]{}]/g, "\\$&");

/**
 * Whether a path pattern takes in the prefix, or may: what comes after the first `*` is taken to match, because which of two
 * paths with a wildcard Access takes for the more specific one is not documented.
 */
function coversPath(pattern: string, prefix: string): boolean {
  if (pattern === "") return true;
  if (prefix === "") return false;
  const [head = ""] = pattern.split("*");
  return pattern.includes("*")
    ? `${prefix}/`.startsWith(head)
    : `${prefix}/`.startsWith(`${pattern}/`);
}

/** On a wildcard host: ours, which names the host exactly, decides before it for the whole prefix. */
const isBelow = (pattern: string, prefix: string): boolean => pattern.startsWith(`${prefix}/`);

/** Whether an application of ours takes in the route and is more specific than the foreign place. */
function isOverruled(
  { mine }: Pick<ObservedAccessApplications, "mine">,
  foreign: string,
  route: Route,
): boolean {
  const place = placeFrom(foreign);
  return [...mine.keys()].some((key) => {
    const ours = parseRouteKey(key);
    if (ours === undefined || ours.hostname !== route.hostname || !coversEntirely(route, ours))
      return false;
    return place.host !== route.hostname || (ours.path ?? "").length > place.path.length;
  });
}
