import type { Problem } from "../domain/problem.ts";
import { routeKey } from "../domain/route.ts";
import type { LabelContext } from "./context.ts";
import { flag, ourKey, translateLabels } from "./dialects.ts";
import { clip, problemOf, valueFault } from "./fault.ts";
import type { LabelGroups } from "./grouping.ts";
import type { LabelSet } from "./label-set.ts";
import type { DecodedRoute } from "./route.ts";
import { parseFlagLabel } from "./values.ts";

/** The labels of another tool as a family of ours; where they do not say `enable`, or say no, there is none. */
export function groupForeignLabels(labelSet: LabelSet, context: LabelContext): LabelGroups {
  const { enable, routes, access, unknown } = translateLabels(labelSet.labels, context.reads);
  if (enable === undefined) return { routes: new Map(), problems: [] };
  const power = parseFlagLabel(flag(enable.text));
  if (power.ok && !power.value) return { routes: new Map(), problems: [] };
  const problems = [
    ...(power.ok ? [] : [problemOf(labelSet.name, valueFault(enable, power))]),
    ...idle(labelSet, access, `${who(context)} may enter`, named(context)),
    ...idle(
      labelSet,
      unknown,
      "cfauth does not know what it asks for",
      `remove it, or write all labels of the container as ${context.prefix}.…`,
    ),
  ];
  return { routes, problems };
}

/** Labels that are passed over, all in one warning. */
function idle(
  labelSet: LabelSet,
  names: readonly string[],
  so: string,
  fix: string,
): readonly Problem[] {
  const [label] = names;
  if (label === undefined) return [];
  const all =
    names.length === 1
      ? `${clip(label)} is`
      : `${names.slice(0, 5).map(clip).join(", ")}${names.length > 5 ? ", …" : ""} are`;
  const fault = {
    code: "CFA-LABEL-UNKNOWN",
    label,
    message: `${all} not read: ${so}`,
    fix,
  } as const;
  return [{ ...problemOf(labelSet.name, fault), severity: "warning", effect: "unchanged" }];
}

const who = ({ defaults }: LabelContext): string =>
  defaults.groups.length === 0
    ? "everyone who can log in with Authentik"
    : `members of ${defaults.groups.join(" or ")}`;

const named = ({ prefix }: LabelContext): string =>
  `to say who may enter, write all labels of the container as ${prefix}.…, with ${prefix}.access.groups or ${prefix}.access.emails`;

/** Whatever the operator's defaults for labels of ours: who wrote these labels never asked cfauth for anything public. */
export const withProtectedDefault = (context: LabelContext): LabelContext => ({
  ...context,
  defaults: { ...context.defaults, access: "authentik" },
});

/**
 * Only what stands behind a login. The one route that could not is Authentik's own: it is opened by labels of ours alone, since
 * everything that is read of other tools is protected.
 */
export function rejectUnprotected(
  read: DecodedRoute,
  labelSet: LabelSet,
  prefix: string,
): DecodedRoute {
  const open = read.exposures.filter(({ protection }) => protection.kind !== "authentik");
  const refused = open.map(({ route, label }): Problem => {
    const fault = {
      code: "CFA-AK-OWN-HOST",
      label,
      message: `${label} asks for ${route.hostname}, Authentik's own hostname, which cannot stand behind a login; what is read of other tools always does`,
      fix: `write ${prefix}.hostname: ${route.hostname} and ${prefix}.port on the container that is Authentik`,
    } as const;
    return { ...problemOf(labelSet.name, fault), route: routeKey(route) };
  });
  return {
    ...read,
    exposures: read.exposures.filter((it) => !open.includes(it)),
    problems: [
      ...read.problems.map((problem) => inOurWords(problem, labelSet, prefix)),
      ...refused,
    ],
  };
}

/** What would be right, with the name that the label has here. */
function inOurWords(problem: Problem, { name }: LabelSet, prefix: string): Problem {
  const key = ourKey(problem.label ?? "");
  if (key === undefined || !["CFA-LABEL-VALUE", "CFA-SERVICE-FORBIDDEN"].includes(problem.code))
    return problem;
  const fix =
    problem.code === "CFA-SERVICE-FORBIDDEN"
      ? `write http://${name} with the port inside the container, or set CFAUTH_ALLOW_SERVICE=true on cfauth`
      : problem.fix;
  return { ...problem, fix: `${fix} (as a label of cfauth: ${prefix}.${key})` };
}
