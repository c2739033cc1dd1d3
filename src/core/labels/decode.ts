import type { Problem } from "../domain/problem.ts";
import { type RouteKey, routeKey } from "../domain/route.ts";
import type { Decoded } from "../plan/types.ts";
import type { LabelContext } from "./context.ts";
import { type LabelFault, problemOf } from "./fault.ts";
import { groupForeignLabels, rejectUnprotected, withProtectedDefault } from "./foreign-labels.ts";
import { groupByRoute, type Labels } from "./grouping.ts";
import { onlyProven, unknownImage, withoutUnprovenLabels } from "./image.ts";
import type { LabelSet } from "./label-set.ts";
import {
  MAX_PROBLEMS_PER_CONTAINER,
  MAX_ROUTES_PER_CONTAINER,
  tooManyRoutesFault,
} from "./limits.ts";
import { type DecodedRoute, decodeRoute } from "./route.ts";
import { parseFlagLabel } from "./values.ts";

/**
 * Decodes a container's labels into exposures, faulty routes and problems. Never throws.
 *
 * A fault in one named route keeps that route closed. A fault that may concern any route (an
 * unknown label, a route without a valid hostname) keeps all routes of the container closed.
 * `enable` without a route name switches the whole container; next to named routes it requests no
 * route of its own. Labels of another tool are translated into ours first and then read in the same
 * way, except that they never open a route without a login.
 */
export function decode(labelSet: LabelSet, settings: LabelContext): Decoded {
  const unknownReason = unknownImage(labelSet);
  const proven = unknownReason === undefined ? settings : withoutUnprovenLabels(settings);
  const context = labelSet.foreign ? withProtectedDefault(proven) : proven;
  const { routes, problems } = labelSet.foreign
    ? groupForeignLabels(labelSet, context)
    : groupByRoute(labelSet.name, labelSet.labels, context.prefix);
  const enable = routes.get("")?.get("enable");
  const enabled = enable && parseFlagLabel(enable.text);
  if (enabled?.ok === true && !enabled.value)
    return { exposures: [], faulty: [], problems: limitProblems(labelSet, problems) };
  const requested = enabled?.ok === true ? withoutBareSwitch(routes) : [...routes];
  const { decoded, excess } = decodeRoutes(requested, labelSet, (name, labels) => {
    const prefix = name === "" ? `${context.prefix}.` : `${context.prefix}.${name}.`;
    const route = decodeRoute(labelSet, labels, prefix, context);
    const provenRoute =
      unknownReason === undefined
        ? route
        : onlyProven(route, labels, labelSet, unknownReason, settings.allowService);
    return labelSet.foreign
      ? rejectUnprotected(provenRoute, labelSet, context.prefix)
      : provenRoute;
  });
  const duplicates = duplicateRoutes(labelSet, decoded);
  const mayConcernAnyRoute =
    excess !== undefined ||
    problems.some(({ severity }) => severity === "error") ||
    enabled?.ok === false ||
    decoded.some((route) => route.mayConcernAnyRoute);
  const exposures = mayConcernAnyRoute
    ? []
    : decoded
        .flatMap((route) => route.exposures)
        .filter(({ route }) => !duplicates.has(routeKey(route)));
  const exposed = new Set(exposures.map(({ route }) => routeKey(route)));
  const [{ party }] = labelSet.members;
  return {
    exposures,
    ...(mayConcernAnyRoute && {
      unsure: { workload: labelSet.name, party, ids: labelSet.members.map(({ id }) => id) },
    }),
    faulty: decoded
      .flatMap((route) => route.requested)
      .filter(({ route }) => !exposed.has(routeKey(route)))
      .slice(0, MAX_ROUTES_PER_CONTAINER)
      .map((it) => ({ ...it, saysPublic: it.saysPublic && !duplicates.has(routeKey(it.route)) })),
    problems: limitProblems(labelSet, [
      ...(excess === undefined ? [] : [problemOf(labelSet.name, excess)]),
      ...problems,
      ...duplicates.values(),
      ...mergeOwnHostProblems(decoded.flatMap((route) => route.problems)),
    ]),
  };
}

/** Labels by route name. */
type NamedLabels = readonly (readonly [string, Labels])[];

/** The routes without the unnamed one, if its only label is `enable` and there are named routes. */
const withoutBareSwitch = (routes: ReadonlyMap<string, Labels>): NamedLabels =>
  [...routes].filter(([name, labels]) => name !== "" || routes.size === 1 || labels.size > 1);

/** One problem is enough, however many routes of a container ask for Authentik's hostname. */
function mergeOwnHostProblems(problems: readonly Problem[]): readonly Problem[] {
  const isBarred = ({ code, severity }: Problem) =>
    code === "CFA-AK-OWN-HOST" && severity === "error";
  const first = problems.find(isBarred);
  return problems.filter((problem) => problem === first || !isBarred(problem));
}

/** Decodes route by route and stops at the limit of routes per container. */
function decodeRoutes(
  requested: NamedLabels,
  labelSet: LabelSet,
  decodeOne: (name: string, labels: Labels) => DecodedRoute,
): { readonly decoded: readonly DecodedRoute[]; readonly excess: LabelFault | undefined } {
  const decoded: DecodedRoute[] = [];
  let count = 0;
  for (const [name, labels] of requested) {
    const route = decodeOne(name, labels);
    decoded.push(route);
    count += route.requested.length;
    if (count > MAX_ROUTES_PER_CONTAINER)
      return { decoded, excess: labelSet.excess ?? tooManyRoutesFault(count) };
  }
  return { decoded, excess: labelSet.excess };
}

/** One container with a thousand faults must not hide those of others in logs and messages. */
function limitProblems(labelSet: LabelSet, problems: readonly Problem[]): readonly Problem[] {
  if (problems.length <= MAX_PROBLEMS_PER_CONTAINER) return problems;
  const first = problems.slice(0, MAX_PROBLEMS_PER_CONTAINER - 1);
  const fault = {
    code: "CFA-LIMIT",
    label: first[0]?.label ?? "",
    message: `the labels of this container have ${problems.length - first.length} more faults, which are not shown`,
    fix: "fix the faults that are shown; cfauth then shows the next ones",
  } as const;
  return [...first, { ...problemOf(labelSet.name, fault), about: "more faults" }];
}

/**
 * Routes that the container requests more than once, validly or not. cfauth cannot know which of
 * the requests is meant.
 */
function duplicateRoutes(
  labelSet: LabelSet,
  decoded: readonly DecodedRoute[],
): ReadonlyMap<RouteKey, Problem> {
  const requests = decoded.flatMap(({ label, requested }) =>
    requested.map(({ route }) => ({ key: routeKey(route), label })),
  );
  const duplicates = new Map<RouteKey, Problem>();
  for (const [key, [first, second]] of Map.groupBy(requests, (request) => request.key)) {
    if (first === undefined || second === undefined) continue;
    const fault = {
      code: "CFA-LABEL-CLASH",
      label: second.label,
      message: `${first.label} and ${second.label} both ask for ${key}`,
      fix: "remove one, or give one a different hostname or path",
    } as const;
    duplicates.set(key, { ...problemOf(labelSet.name, fault), route: key });
  }
  return duplicates;
}
