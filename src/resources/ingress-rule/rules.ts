import { covers, type Hostname } from "../../core/domain/hostname.ts";
import {
  CLEAN_PATHS,
  cleanPattern,
  guardPattern,
  isCleanPaths,
  openPattern,
  pathPattern,
  patternPath,
} from "../../core/domain/path.ts";
import { parseRouteKey, type Route, routeKey } from "../../core/domain/route.ts";
import type { ObservedAccessApplications } from "../access-application/types.ts";
import type { DesiredRule, IngressRuleChange, ObservedIngressRules, RawRule } from "./types.ts";

/** What proves who owns a rule. */
export interface OwnershipEvidence {
  readonly access: Pick<ObservedAccessApplications, "mine">;
  readonly ingress: Pick<ObservedIngressRules, "rules" | "mark" | "strangers">;
}

/** The route of a rule, if it is ours; undefined for a rule that cfauth cannot have written. */
export function routeOf(rule: RawRule): Route | undefined {
  const host = parseRouteKey(rule.hostname ?? "");
  if (host === undefined || host.path !== undefined) return undefined;
  if (coversWholeHost(rule)) return { hostname: host.hostname, path: undefined };
  const path = patternPath(rule.path ?? "");
  return path === undefined ? undefined : { hostname: host.hostname, path };
}

const coversWholeHost = ({ path = "" }: RawRule): boolean => path === "" || isCleanPaths(path);

/**
 * Whether the rule is ours.
 *
 * | mark in the rule           | our application for its route  | then                            |
 * |----------------------------|--------------------------------|---------------------------------|
 * | ours, and no other         | any                            | ours                            |
 * | another owner's            | any                            | foreign                         |
 * | none                       | absent                         | foreign                         |
 * | none                       | the rule checks its logins, or | ours: an earlier version wrote  |
 * |                            | no logins at all               | it, unless the route has a      |
 * |                            |                                | marked rule of ours             |
 * | none, and no login check;  | any                            | foreign, also after the marked  |
 * | seen beside a marked rule  |                                | rule is gone                    |
 * | none                       | the rule checks logins of      | foreign: an unknown audience    |
 * |                            | another application            | proves nothing                  |
 */
export function isOwnedRule(rule: RawRule, observed: OwnershipEvidence): boolean {
  const marks = marksIn(rule);
  return marks.length === 0
    ? wasWrittenEarlier(rule, observed)
    : isMarked(rule, observed.ingress.mark);
}

/** Whether the rule carries our mark, and no other owner's. */
export const isMarked = (rule: RawRule, mark: string): boolean => {
  const marks = marksIn(rule);
  return marks.length > 0 && marks.every((it) => it === mark);
};

/** The marks of owners among the audiences of the rule. */
const marksIn = (rule: RawRule): readonly string[] => [
  ...(accessIn(rule)?.audTag.filter(isMark) ?? []),
  ...markAsText(rule),
];

/**
 * The mark of a placeholder rule that was written while Cloudflare refused marks as audiences.
 * cloudflared ignores the text there.
 */
function markAsText({ service, originRequest }: RawRule): readonly string[] {
  const text = originRequest?.["httpHostHeader"];
  return service === PLACEHOLDER_SERVICE && typeof text === "string" && isMark(text) ? [text] : [];
}

/** Whether the rule has no audience: neither a login nor a mark. */
export const isBare = (rule: RawRule): boolean =>
  (accessIn(rule)?.audTag ?? []).length === 0 && marksIn(rule).length === 0;

const isMark = (audience: string): boolean => audience.startsWith("cfauth:");

/**
 * Whether an earlier version, which wrote no marks, wrote the rule. It gets a mark at the next
 * write of the document.
 */
function wasWrittenEarlier(rule: RawRule, observed: OwnershipEvidence): boolean {
  const route = routeOf(rule);
  const application = route && observed.access.mine.get(routeKey(route));
  if (
    route === undefined ||
    application === undefined ||
    observed.ingress.strangers?.has(JSON.stringify(rule))
  )
    return false;
  const audiences = accessIn(rule)?.audTag ?? [];
  if (audiences.length > 0 && !audiences.includes(application.aud)) return false;
  return !observed.ingress.rules.some(
    (it) => isMarked(it, observed.ingress.mark) && matchesRoute(it, route),
  );
}

/**
 * Whether the rule only holds its position and admits nobody, so that a wider rule does not answer
 * instead.
 */
export const isPlaceholderRule = (rule: RawRule, mark: string): boolean =>
  rule.service === PLACEHOLDER_SERVICE &&
  isMarked(rule, mark) &&
  loginCheckOf(rule)?.audTag.length === 0;

const PLACEHOLDER_SERVICE = "http_status:503";

/**
 * Matches every spelling of the path, so that a wider rule gets none of them.
 *
 * @param plain - true if Cloudflare refuses marks as audiences
 */
export function placeholderRule({
  placeholder: route,
  mark,
  team,
  plain,
}: DesiredPlaceholder): RawRule {
  const origin = {
    service: PLACEHOLDER_SERVICE,
    options: plain === true ? { httpHostHeader: mark } : {},
  };
  const check = plain === true ? undefined : { team, aud: mark };
  return desiredRule({
    route,
    origin,
    check,
    cleanPathsOnly: false,
    everySpelling: true,
    mark: undefined,
  });
}

type DesiredPlaceholder = Pick<
  Extract<IngressRuleChange, { readonly placeholder: Route }>,
  "placeholder" | "mark" | "team" | "plain"
>;

export const ruleOf = (observed: OwnershipEvidence, route: Route): RawRule | undefined =>
  observed.ingress.rules.find((rule) => isOwnedRuleFor(rule, route, observed));

/** All our rules for the route: another writer may have left more than one. */
export const rulesAt = (observed: OwnershipEvidence, route: Route): readonly RawRule[] =>
  observed.ingress.rules.filter((rule) => isOwnedRuleFor(rule, route, observed));

const isOwnedRuleFor = (rule: RawRule, route: Route, observed: OwnershipEvidence): boolean =>
  matchesRoute(rule, route) && isOwnedRule(rule, observed);

function matchesRoute(rule: RawRule, route: Route): boolean {
  if (rule.hostname !== route.hostname) return false;
  return route.path === undefined
    ? coversWholeHost(rule)
    : patternPath(rule.path ?? "") === route.path;
}

/** The path of the desired rule; undefined for the whole host. */
export function pathFor({
  route,
  check,
  cleanPathsOnly,
  everySpelling,
}: Pick<DesiredRule, "route" | "check" | "cleanPathsOnly" | "everySpelling">): string | undefined {
  if (route.path === undefined) return cleanPathsOnly ? CLEAN_PATHS : undefined;
  if (everySpelling) return guardPattern(route.path, cleanPathsOnly);
  if (cleanPathsOnly) return cleanPattern(route.path);
  return check === undefined ? openPattern(route.path) : pathPattern(route.path);
}

export const foreignOn = (observed: OwnershipEvidence, hostname: Hostname): readonly RawRule[] =>
  observed.ingress.rules.filter(
    (rule) => rule.hostname?.toLowerCase() === hostname && !isOwnedRule(rule, observed),
  );

/**
 * Whether a foreign rule is for exactly this route, however its path is spelled: `/api`, `^/api/`,
 * `/api/.*`.
 */
export function isExactlyFor(rule: RawRule, route: Route): boolean {
  const path = (rule.path ?? "")
    .replace(/^\^/, "")
    .replace(/\$$/, "")
    .replace(/(\.\*|\/\*|\/)+$/, "");
  return rule.hostname?.toLowerCase() === route.hostname && path === (route.path ?? "");
}

export interface LoginCheck {
  readonly required: boolean;
  readonly team: string;
  /** Without the marks of owners. */
  readonly audTag: readonly string[];
}

/**
 * The login check that the rule asks cloudflared for; undefined if there is none. A mark alone
 * checks nothing, except in a placeholder rule.
 */
export function loginCheckOf(rule: RawRule): LoginCheck | undefined {
  if (markAsText(rule).length > 0) return { required: true, team: "", audTag: [] };
  const access = accessIn(rule);
  if (access === undefined) return undefined;
  const audTag = access.audTag.filter((it) => !isMark(it));
  const onlyMarked = audTag.length === 0 && access.audTag.length > 0;
  return onlyMarked && !access.required ? undefined : { ...access, audTag };
}

function accessIn(rule: RawRule): LoginCheck | undefined {
  const access = rule.originRequest?.["access"];
  if (typeof access !== "object" || access === null) return undefined;
  const { required, teamName, audTag } = access as Record<string, unknown>;
  return {
    required: required === true,
    team: String(teamName ?? ""),
    audTag: Array.isArray(audTag) ? audTag.map(String) : [],
  };
}

/**
 * The rule as it is written. The mark is an additional audience that no login has. If no login is
 * checked, `required: false` makes it inert (measured with cloudflared 2026.8.2). cloudflared
 * refuses an audience without a team.
 */
export function desiredRule({
  route,
  origin,
  check,
  cleanPathsOnly,
  everySpelling,
  mark,
}: DesiredRule): RawRule {
  const audTag = [
    ...(check === undefined ? [] : [check.aud]),
    ...(mark === undefined ? [] : [mark.text]),
  ];
  const team = check?.team ?? mark?.team;
  const access =
    team === undefined ? undefined : { required: check !== undefined, teamName: team, audTag };
  const path = pathFor({ route, check, cleanPathsOnly, ...(everySpelling && { everySpelling }) });
  const originRequest = { ...origin.options, ...(access !== undefined && { access }) };
  return {
    hostname: route.hostname,
    ...(path !== undefined && { path }),
    service: origin.service,
    ...(Object.keys(originRequest).length > 0 && { originRequest }),
  };
}

/** The part of a rule that comes from labels and that cloudflared could refuse, as one text. */
export const originFingerprint = ({
  service,
  options,
}: {
  readonly service: string;
  readonly options: object;
}): string =>
  JSON.stringify([service, Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1))]);

/** The same rule with our mark added. */
export function withMark(rule: RawRule, { team, text }: NonNullable<DesiredRule["mark"]>): RawRule {
  const access = accessIn(rule);
  const marked = {
    ...((rule.originRequest?.["access"] as object | undefined) ?? {}),
    required: access?.required ?? false,
    teamName: access?.team || team,
    audTag: [...(access?.audTag ?? []), text],
  };
  return { ...rule, originRequest: { ...rule.originRequest, access: marked } };
}

/** Whether an earlier rule of the document answers every request that this one would. */
export function isShadowed(rule: RawRule, rules: readonly RawRule[]): boolean {
  const before = rules.slice(0, rules.indexOf(rule));
  return before.some(
    (it) => (it.path ?? "") === "" && covers(it.hostname ?? "", rule.hostname ?? ""),
  );
}
