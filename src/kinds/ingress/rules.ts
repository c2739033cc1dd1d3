import { covers, type Hostname } from "../../domain/hostname.ts";
import { CLEAN_PATHS, cleanPattern, guardPattern, isCleanPaths, openPattern, pathPattern, patternPath } from "../../domain/path.ts";
import { parseRouteKey, type Route, routeKey } from "../../domain/route.ts";
import { foreignAt } from "../access/application.ts";
import type { AccessSeen } from "../access/seen.ts";
import type { DnsSeen } from "../dns/seen.ts";
import type { IngressSeen, RawRule, RuleWish } from "./seen.ts";

/** What ownership of a rule is read from. */
export interface Proofs {
  readonly access: Pick<AccessSeen, "mine" | "theirs">;
  readonly ingress: Pick<IngressSeen, "rules" | "mark">;
  readonly dns: Pick<DnsSeen, "mine">;
}

/** The route that a rule would be of, if it were ours; undefined for one that cfauth cannot have written. */
export function routeOf(rule: RawRule): Route | undefined {
  const host = parseRouteKey(rule.hostname ?? "");
  if (host === undefined || host.path !== undefined) return undefined;
  if (wholeHost(rule)) return { hostname: host.hostname, path: undefined };
  const path = patternPath(rule.path ?? "");
  return path === undefined ? undefined : { hostname: host.hostname, path };
}

const wholeHost = ({ path = "" }: RawRule): boolean => path === "" || isCleanPaths(path);

/**
 * Whether the rule is ours. A rule carries no mark: the application of its route is the proof. Where somebody deleted that
 * application, our record of the hostname is, for a rule that lets nobody in, since it demands a login to no application of ours,
 * and for one that needs no login and whose path is spelt as cfauth alone does.
 */
export function ours(rule: RawRule, seen: Proofs): boolean {
  if (routeOf(rule) === undefined) return false;
  return hasApplication(rule, seen) || isShut(rule, seen.ingress.mark) || orphaned(rule, seen);
}

/** Whether the rule only keeps its place while what guards it is replaced: a public rule around it must not answer instead. */
export const isShut = (rule: RawRule, mark: string): boolean => rule.service === SHUT && checkOf(rule)?.audTag[0] === mark;

const SHUT = "http_status:503";

/** In every spelling: it keeps out of a wider rule around it what would be read as its own. */
export const shutRule = (route: Route, mark: string, team: string): RawRule =>
  ruleFor({ route, origin: { service: SHUT, options: {} }, check: { team, aud: mark }, clean: false, broad: true });

export function orphaned(rule: RawRule, seen: Proofs): boolean {
  if (!seen.dns.mine.has((rule.hostname ?? "") as Hostname)) return false;
  const check = checkOf(rule);
  if (check === undefined) return speltByUs(rule) && !hasApplication(rule, seen) && !guardedByOthers(rule, seen);
  const known = new Set([...seen.access.mine.values()].map(({ aud }) => aud));
  return check.required && !check.audTag.some((aud) => known.has(aud));
}

const speltByUs = ({ path = "" }: RawRule): boolean => isCleanPaths(path) || patternPath(path) !== undefined;

/** Another cfauth spells a path as this one does, and has an application for it. */
function guardedByOthers(rule: RawRule, { access }: Proofs): boolean {
  const route = routeOf(rule);
  return route !== undefined && foreignAt(access, route) !== undefined;
}

function hasApplication(rule: RawRule, { access }: Proofs): boolean {
  const route = routeOf(rule);
  return route !== undefined && access.mine.has(routeKey(route));
}

export function ruleOf(seen: Proofs, route: Route): RawRule | undefined {
  return seen.ingress.rules.find((rule) => sits(rule, route) && ours(rule, seen));
}

const sits = (rule: RawRule, route: Route): boolean =>
  rule.hostname === route.hostname && (route.path === undefined ? wholeHost(rule) : patternPath(rule.path ?? "") === route.path);

/** The path of the rule that is written for a wish; undefined for the whole host. */
export function pathFor({ route, check, clean, broad }: Pick<RuleWish, "route" | "check" | "clean" | "broad">): string | undefined {
  if (route.path === undefined) return clean ? CLEAN_PATHS : undefined;
  if (broad) return guardPattern(route.path, clean);
  if (clean) return cleanPattern(route.path);
  return check === undefined ? openPattern(route.path) : pathPattern(route.path);
}

export const foreignOn = (seen: Proofs, hostname: Hostname): readonly RawRule[] =>
  seen.ingress.rules.filter((rule) => rule.hostname?.toLowerCase() === hostname && !ours(rule, seen));

/** Whether a rule of somebody else's is there for just this route, however its path is spelt: `/api`, `^/api/`, `/api/.*`. */
export function isFor(rule: RawRule, route: Route): boolean {
  const path = (rule.path ?? "")
    .replace(/^\^/, "")
    .replace(/\$$/, "")
    .replace(/(\.\*|\/\*|\/)+$/, "");
  return rule.hostname?.toLowerCase() === route.hostname && path === (route.path ?? "");
}

export interface LoginCheck {
  readonly required: boolean;
  readonly team: string;
  readonly audTag: readonly string[];
}

/** cloudflared's own check of the login, as the rule has it; undefined when there is none. */
export function checkOf(rule: RawRule): LoginCheck | undefined {
  const access = rule.originRequest?.["access"];
  if (typeof access !== "object" || access === null) return undefined;
  const { required, teamName, audTag } = access as Record<string, unknown>;
  return { required: required === true, team: String(teamName ?? ""), audTag: Array.isArray(audTag) ? audTag.map(String) : [] };
}

/** The rule as it is written for a wish. */
export function ruleFor({ route, origin, check, clean, broad }: RuleWish): RawRule {
  const access = check === undefined ? undefined : { required: true, teamName: check.team, audTag: [check.aud] };
  const path = pathFor({ route, check, clean, ...(broad && { broad }) });
  const originRequest = { ...origin.options, ...(access !== undefined && { access }) };
  return {
    hostname: route.hostname,
    ...(path !== undefined && { path }),
    service: origin.service,
    ...(Object.keys(originRequest).length > 0 && { originRequest }),
  };
}

/** Whether an earlier rule of the document answers everything that this one would. */
export function shadowed(rule: RawRule, rules: readonly RawRule[]): boolean {
  const before = rules.slice(0, rules.indexOf(rule));
  return before.some((it) => (it.path ?? "") === "" && covers(it.hostname ?? "", rule.hostname ?? ""));
}
