import type { Problem } from "../domain/problem.ts";
import { type RouteKey, routeKey } from "../domain/route.ts";
import type { Decoded } from "../plan/types.ts";
import type { LabelContext } from "./context.ts";
import { type LabelFault, problemOf } from "./fault.ts";
import { groupForeignLabels, rejectUnprotected, withProtectedDefault } from "./foreign-labels.ts";
import { groupByRoute, type Labels } from "./grouping.ts";
import { onlyProven, unknownImage, withoutUnprovenLabels } from "./image.ts";
import type { LabelSet } from "./label-set.ts";
import { MAX_PROBLEMS_PER_CONTAINER, MAX_ROUTES_PER_CONTAINER, tooManyRoutes } from "./limits.ts";
import { type DecodedRoute, decodeRoute } from "./route.ts";
import { parseFlagLabel } from "./values.ts";

/**
 * What a container's labels come to. Never throws. A fault that belongs to one named route keeps that route shut; one that
 * might have meant any of them (an unknown label, a route without a sound hostname) keeps all of the container's routes shut.
 * `enable` without a route name is the switch of the whole container; beside named routes it asks for no route of its own.
 * Labels of another tool are put into our words first; from there on they are read like ours, but for what opens without a login.
 */
export function decode(labelSet: LabelSet, given: LabelContext): Decoded {
  const unknown = unknownImage(labelSet);
  const around = unknown === undefined ? given : withoutUnprovenLabels(given);
  const context = labelSet.foreign ? withProtectedDefault(around) : around;
  const { routes, problems } = labelSet.foreign
    ? groupForeignLabels(labelSet, context)
    : groupByRoute(labelSet.name, labelSet.labels, context.prefix);
  const enable = routes.get("")?.get("enable");
  const power = enable && parseFlagLabel(enable.text);
  if (power?.ok === true && !power.value)
    return { exposures: [], faulty: [], problems: shown(labelSet, problems) };
  const wanted = [...routes].filter(
    ([name, labels]) => name !== "" || routes.size === 1 || labels.size > 1 || power?.ok !== true,
  );
  const { read, excess } = decodeRoutes(wanted, labelSet, (name, labels) => {
    const route = decodeRoute(
      labelSet,
      labels,
      name === "" ? `${context.prefix}.` : `${context.prefix}.${name}.`,
      context,
    );
    const proven =
      unknown === undefined
        ? route
        : onlyProven(route, labels, labelSet, unknown, given.allowService);
    return labelSet.foreign ? rejectUnprotected(proven, labelSet, context.prefix) : proven;
  });
  const doubles = twice(labelSet, read);
  const unplaced =
    excess !== undefined ||
    problems.some(({ severity }) => severity === "error") ||
    power?.ok === false ||
    read.some((route) => route.mayConcernAnyRoute);
  const opens = unplaced
    ? []
    : read.flatMap(({ exposures }) =>
        exposures.filter(({ route }) => !doubles.has(routeKey(route))),
      );
  const open = new Set(opens.map(({ route }) => routeKey(route)));
  const [{ party }] = labelSet.members;
  return {
    exposures: opens,
    ...(unplaced && {
      unsure: { workload: labelSet.name, party, ids: labelSet.members.map(({ id }) => id) },
    }),
    faulty: read
      .flatMap(({ requested }) => requested.filter(({ route }) => !open.has(routeKey(route))))
      .slice(0, MAX_ROUTES_PER_CONTAINER)
      .map((it) => ({ ...it, saysPublic: it.saysPublic && !doubles.has(routeKey(it.route)) })),
    problems: shown(labelSet, [
      ...(excess === undefined ? [] : [problemOf(labelSet.name, excess)]),
      ...problems,
      ...doubles.values(),
      ...onceBarred(read.flatMap((route) => route.problems)),
    ]),
  };
}

/** However many routes of a container ask for Authentik's hostname: one problem says it. */
function onceBarred(problems: readonly Problem[]): readonly Problem[] {
  const isBarred = ({ code, severity }: Problem) =>
    code === "CFA-AK-OWN-HOST" && severity === "error";
  const first = problems.find(isBarred);
  return problems.filter((problem) => problem === first || !isBarred(problem));
}

/** Route by route, and no further than the routes that one container may ask for. */
function decodeRoutes(
  wanted: readonly (readonly [string, Labels])[],
  labelSet: LabelSet,
  decodeOne: (name: string, labels: Labels) => DecodedRoute,
): { readonly read: readonly DecodedRoute[]; readonly excess: LabelFault | undefined } {
  const read: DecodedRoute[] = [];
  let count = 0;
  for (const [name, labels] of wanted) {
    const route = decodeOne(name, labels);
    read.push(route);
    count += route.requested.length;
    if (count > MAX_ROUTES_PER_CONTAINER)
      return { read, excess: labelSet.excess ?? tooManyRoutes(count) };
  }
  return { read, excess: labelSet.excess };
}

/** A container with a thousand faults must not drown the others' in the log and in messages. */
function shown(labelSet: LabelSet, problems: readonly Problem[]): readonly Problem[] {
  if (problems.length <= MAX_PROBLEMS_PER_CONTAINER) return problems;
  const first = problems.slice(0, MAX_PROBLEMS_PER_CONTAINER - 1);
  const fault = {
    code: "CFA-LIMIT",
    label: first[0]?.label ?? "",
    message: `the labels of this container have ${problems.length - first.length} more faults, which are not shown`,
    fix: "fix those that are shown: cfauth shows the next ones then",
  } as const;
  return [...first, { ...problemOf(labelSet.name, fault), about: "more faults" }];
}

/** Routes that the container asks for more than once, soundly or not: which of the ways is meant cannot be guessed. */
function twice(labelSet: LabelSet, read: readonly DecodedRoute[]): ReadonlyMap<RouteKey, Problem> {
  const asked = read.flatMap(({ label, requested: routes }) =>
    routes.map(({ route }) => ({ key: routeKey(route), label })),
  );
  return new Map(
    [...Map.groupBy(asked, ({ key }) => key)].flatMap(([key, [first, second]]) => {
      if (first === undefined || second === undefined) return [];
      const fault = {
        code: "CFA-LABEL-CLASH",
        label: second.label,
        message: `${first.label} and ${second.label} both ask for ${key}`,
        fix: "remove one, or give one another hostname or path",
      } as const;
      return [[key, { ...problemOf(labelSet.name, fault), route: key }] as const];
    }),
  );
}
