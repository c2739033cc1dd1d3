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

/** What ownership of a rule is read from. */
export interface OwnershipEvidence {
  readonly access: Pick<ObservedAccessApplications, "mine">;
  readonly ingress: Pick<ObservedIngressRules, "rules" | "mark" | "strangers">;
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
 * Whether the rule is ours.
 *
 * | mark in the rule          | application of ours for its route      | then                                           |
 * |---------------------------|----------------------------------------|------------------------------------------------|
 * | ours, and no other one    | any                                    | ours                                           |
 * | of another owner          | any                                    | theirs                                         |
 * | none                      | none                                   | theirs                                         |
 * | none                      | the rule checks its logins, or none    | ours: an earlier version wrote it, unless a    |
 * |                           |                                        | marked rule of ours has the route already      |
 * | the same, and it checks   | any                                    | theirs, also once the marked rule is gone      |
 * | nothing at all            |                                        |                                                |
 * | none                      | the rule checks logins of another one  | theirs: an unknown audience proves nothing     |
 */
export function isOwnedRule(rule: RawRule, seen: OwnershipEvidence): boolean {
  const marks = marksIn(rule);
  return marks.length === 0 ? writtenEarlier(rule, seen) : isMarked(rule, seen.ingress.mark);
}

/** Whether our mark is in the rule, and no other owner's. */
export const isMarked = (rule: RawRule, mark: string): boolean => {
  const marks = marksIn(rule);
  return marks.length > 0 && marks.every((it) => it === mark);
};

/** The marks of owners among the audiences of the rule. */
const marksIn = (rule: RawRule): readonly string[] => [
  ...(accessIn(rule)?.audTag.filter(isMark) ?? []),
  ...markAsText(rule),
];

/** Of a rule that lets nobody in, written where Cloudflare takes no mark for an audience: cloudflared makes nothing of the text there. */
function markAsText({ service, originRequest }: RawRule): readonly string[] {
  const text = originRequest?.["httpHostHeader"];
  return service === SHUT && typeof text === "string" && isMark(text) ? [text] : [];
}

/** Whether the rule has no audience: neither a login nor a mark. */
export const isBare = (rule: RawRule): boolean =>
  (accessIn(rule)?.audTag ?? []).length === 0 && marksIn(rule).length === 0;

const isMark = (audience: string): boolean => audience.startsWith("cfauth:");

/** Earlier versions wrote no mark. The rule gets one at the next write of the document. */
function writtenEarlier(rule: RawRule, seen: OwnershipEvidence): boolean {
  const route = routeOf(rule);
  const application = route && seen.access.mine.get(routeKey(route));
  if (
    route === undefined ||
    application === undefined ||
    seen.ingress.strangers?.has(JSON.stringify(rule))
  )
    return false;
  const audiences = accessIn(rule)?.audTag ?? [];
  if (audiences.length > 0 && !audiences.includes(application.aud)) return false;
  return !seen.ingress.rules.some((it) => isMarked(it, seen.ingress.mark) && sits(it, route));
}

/** Whether the rule only keeps its place while what guards it is replaced: a public rule around it must not answer instead. */
export const isPlaceholderRule = (rule: RawRule, mark: string): boolean =>
  rule.service === SHUT && isMarked(rule, mark) && loginCheckOf(rule)?.audTag.length === 0;

const SHUT = "http_status:503";

/**
 * In every spelling: it keeps out of a wider rule around it what would be read as its own.
 *
 * @param plain - where Cloudflare takes no mark for an audience
 */
export function placeholderRule({ placeholder: route, mark, team, plain }: ShutWish): RawRule {
  const origin = { service: SHUT, options: plain === true ? { httpHostHeader: mark } : {} };
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

type ShutWish = Pick<
  Extract<IngressRuleChange, { readonly placeholder: Route }>,
  "placeholder" | "mark" | "team" | "plain"
>;

export const ruleOf = (seen: OwnershipEvidence, route: Route): RawRule | undefined =>
  seen.ingress.rules.find((rule) => isAt(rule, route, seen));

/** All rules of ours for the route: another writer may have left more than one. */
export const rulesAt = (seen: OwnershipEvidence, route: Route): readonly RawRule[] =>
  seen.ingress.rules.filter((rule) => isAt(rule, route, seen));

const isAt = (rule: RawRule, route: Route, seen: OwnershipEvidence): boolean =>
  sits(rule, route) && isOwnedRule(rule, seen);

function sits(rule: RawRule, route: Route): boolean {
  if (rule.hostname !== route.hostname) return false;
  return route.path === undefined ? wholeHost(rule) : patternPath(rule.path ?? "") === route.path;
}

/** The path of the rule that is written for a wish; undefined for the whole host. */
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

export const foreignOn = (seen: OwnershipEvidence, hostname: Hostname): readonly RawRule[] =>
  seen.ingress.rules.filter(
    (rule) => rule.hostname?.toLowerCase() === hostname && !isOwnedRule(rule, seen),
  );

/** Whether a rule of somebody else's is there for just this route, however its path is spelt: `/api`, `^/api/`, `/api/.*`. */
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

/** cloudflared's own check of the login, as the rule has it; undefined when there is none. A mark alone checks nothing, but for one that lets nobody in. */
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
 * The rule as it is written for a wish. The mark is one more audience, which no login has; where none is checked, `required: false`
 * makes it inert (measured with cloudflared 2026.8.2). cloudflared refuses an audience without a team.
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

/** What of a rule comes from labels and could be refused by cloudflared, as one text. */
export const originFingerprint = ({
  service,
  options,
}: {
  readonly service: string;
  readonly options: object;
}): string =>
  JSON.stringify([service, Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1))]);

/** The same rule with our mark in it. */
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

/** Whether an earlier rule of the document answers everything that this one would. */
export function isShadowed(rule: RawRule, rules: readonly RawRule[]): boolean {
  const before = rules.slice(0, rules.indexOf(rule));
  return before.some(
    (it) => (it.path ?? "") === "" && covers(it.hostname ?? "", rule.hostname ?? ""),
  );
}
