import { createHash } from "node:crypto";
import { domainToUnicode } from "node:url";
import type { DirectoryGroup } from "../../core/domain/directory.ts";
import type { Exposure } from "../../core/domain/exposure.ts";
import type { Owner } from "../../core/domain/owner.ts";
import { type Route, type RouteKey, routeKey } from "../../core/domain/route.ts";
import type { DesiredTile, TokenUser } from "./types.ts";

/** The prefix of all our slugs. The list of applications is searched for its plain word. */
export const SLUG_PREFIX = "cfauth-";

/** Marks a tile as this owner's, together with its slug. */
export const publisher = (owner: Owner): string => `cfauth:${owner}`;

/** The limit before 2025.12, in characters. */
const MAX_SLUG_LENGTH = 50;

/**
 * The slug of a route's tile. It depends only on owner and route, so that after a lost answer a
 * second attempt collides instead of creating a second tile.
 *
 * @example slugOf("home", "wiki.example.com") is cfauth-wiki-example-com-… with eight hexadecimal
 *   digits
 */
export function slugOf(owner: Owner, route: RouteKey): string {
  // An owner contains no space, so no two pairs give the same text.
  const digest = createHash("sha256").update(`${owner} ${route}`).digest("hex").slice(0, 8);
  const readable = route.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  const maxLength = MAX_SLUG_LENGTH - SLUG_PREFIX.length - digest.length - 1;
  return `${SLUG_PREFIX}${readable.slice(0, maxLength).replace(/^-|-$/g, "")}-${digest}`;
}

/** The desired tile of the route; undefined while a group of its audience is unknown. */
export function desiredTile(
  owner: Owner,
  { route, protection, display }: Exposure,
  groups: readonly DirectoryGroup[],
  me: TokenUser,
): DesiredTile | undefined {
  const names = protection.kind === "authentik" ? protection.audience.groups : [];
  // Before 2025.12 several groups may share a name. Rules in Cloudflare know only the name.
  const found = groups.filter(({ name }) => names.includes(name));
  if (!names.every((name) => found.some((group) => group.name === name))) return undefined;
  const keys = found.map(({ pk }) => pk);
  return {
    slug: slugOf(owner, routeKey(route)),
    route: routeKey(route),
    name: display.name ?? nameOf(route),
    launchUrl: launchUrl(route),
    icon: display.icon ?? "",
    description: display.description ?? "",
    category: display.category ?? "",
    mode: "any",
    groups: keys.toSorted(),
    reader: keys.length === 0 || me.superuser ? undefined : me.pk,
  };
}

/** `wiki.example.com/admin` → `Wiki /admin` */
function nameOf({ hostname, path }: Route): string {
  const [label = ""] = domainToUnicode(hostname).split(".");
  const name = label.replace(/^./u, (first) => first.toUpperCase());
  return path === undefined ? name : `${name} ${path}`;
}

/** Authentik applies Python's % formatting to it, with the user's name and other values. */
const launchUrl = (route: Route): string => `https://${routeKey(route)}`.replaceAll("%", "%%");
