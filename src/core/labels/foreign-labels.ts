import type { Problem } from "../domain/problem.ts";
import { routeKey } from "../domain/route.ts";
import type { LabelContext } from "./context.ts";
import { normaliseFlag, toOwnKey, translateLabels } from "./dialects.ts";
import { clip, problemOf, valueFault } from "./fault.ts";
import type { LabelGroups } from "./grouping.ts";
import type { LabelSet } from "./label-set.ts";
import type { DecodedRoute } from "./route.ts";
import { parseFlagLabel } from "./values.ts";

/**
 * Groups the labels of another tool by route. Without `enable`, or with a negative one, there is no
 * route.
 */
export function groupForeignLabels(labelSet: LabelSet, context: LabelContext): LabelGroups {
  const { enable, routes, access, unknown } = translateLabels(labelSet.labels, context.reads);
  if (enable === undefined) return { routes: new Map(), problems: [] };
  const enabled = parseFlagLabel(normaliseFlag(enable.text));
  if (enabled.ok && !enabled.value) return { routes: new Map(), problems: [] };
  const problems = [
    ...(enabled.ok ? [] : [problemOf(labelSet.name, valueFault(enable, enabled))]),
    ...ignoredLabelProblems(labelSet, access, {
      consequence: `${defaultAudience(context)} may enter`,
      fix: accessFix(context),
    }),
    ...ignoredLabelProblems(labelSet, unknown, {
      consequence: "cfauth does not know what it asks for",
      fix: `remove it, or write all labels of the container as ${context.prefix}.…`,
    }),
  ];
  return { routes, problems };
}

/** How many ignored labels a message names. */
const MAX_NAMED_LABELS = 5;

/** One warning for all labels that cfauth ignores for the same reason. */
function ignoredLabelProblems(
  labelSet: LabelSet,
  names: readonly string[],
  { consequence, fix }: { readonly consequence: string; readonly fix: string },
): readonly Problem[] {
  const [label] = names;
  if (label === undefined) return [];
  const shown = names.slice(0, MAX_NAMED_LABELS).map(clip).join(", ");
  const all =
    names.length === 1
      ? `${shown} is`
      : `${shown}${names.length > MAX_NAMED_LABELS ? ", …" : ""} are`;
  const fault = {
    code: "CFA-LABEL-UNKNOWN",
    label,
    message: `${all} not read: ${consequence}`,
    fix,
  } as const;
  return [{ ...problemOf(labelSet.name, fault), severity: "warning", effect: "unchanged" }];
}

const defaultAudience = ({ defaults }: LabelContext): string =>
  defaults.groups.length === 0
    ? "everyone who can log in with Authentik"
    : `members of ${defaults.groups.join(" or ")}`;

const accessFix = ({ prefix }: LabelContext): string =>
  `to say who may enter, write all labels of the container as ${prefix}.…, with ${prefix}.access.groups or ${prefix}.access.emails`;

/**
 * Routes of foreign labels are protected by default, whatever CFAUTH_DEFAULT_ACCESS says: no one
 * who wrote such labels asked cfauth for a public route.
 */
export const withProtectedDefault = (context: LabelContext): LabelContext => ({
  ...context,
  defaults: { ...context.defaults, access: "authentik" },
});

/**
 * Rejects routes without a login. The only such route is Authentik's own. Only labels of cfauth
 * open it, because every route from foreign labels is protected.
 */
export function rejectUnprotected(
  decoded: DecodedRoute,
  labelSet: LabelSet,
  prefix: string,
): DecodedRoute {
  const open = decoded.exposures.filter(({ protection }) => protection.kind !== "authentik");
  const refused = open.map(({ route, label }): Problem => {
    const fault = {
      code: "CFA-AK-OWN-HOST",
      label,
      message: `${label} asks for ${route.hostname}, Authentik's own hostname, which cannot sit behind a login; routes from another tool's labels always do`,
      fix: `write ${prefix}.hostname: ${route.hostname} and ${prefix}.port on Authentik's own container`,
    } as const;
    return { ...problemOf(labelSet.name, fault), route: routeKey(route) };
  });
  return {
    ...decoded,
    exposures: decoded.exposures.filter((it) => !open.includes(it)),
    problems: [
      ...decoded.problems.map((problem) => withOwnLabelName(problem, labelSet, prefix)),
      ...refused,
    ],
  };
}

/** Adds cfauth's own name of the label to the fix. */
function withOwnLabelName(problem: Problem, { name }: LabelSet, prefix: string): Problem {
  const key = toOwnKey(problem.label ?? "");
  if (key === undefined || !["CFA-LABEL-VALUE", "CFA-SERVICE-FORBIDDEN"].includes(problem.code))
    return problem;
  const fix =
    problem.code === "CFA-SERVICE-FORBIDDEN"
      ? `write http://${name} with the port inside the container, or set CFAUTH_ALLOW_SERVICE=true on cfauth`
      : problem.fix;
  return { ...problem, fix: `${fix} (as a label of cfauth: ${prefix}.${key})` };
}
