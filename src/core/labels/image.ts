import type { Problem } from "../domain/problem.ts";
import { routeKey } from "../domain/route.ts";
import type { Workload } from "../domain/workload.ts";
import type { LabelContext } from "./context.ts";
import { foreignLabels } from "./dialects.ts";
import { clip } from "./fault.ts";
import type { Labels } from "./grouping.ts";
import { effectiveLabels, type LabelSet } from "./label-set.ts";
import type { DecodedRoute } from "./route.ts";

/** How many labels a message names. */
const MAX_NAMED_LABELS = 5;

const OBEY = "set CFAUTH_IMAGE_LABELS=true on cfauth, which obeys the labels of every image";

/**
 * One warning per container whose image has labels that cfauth ignored. Image labels for identity
 * and appearance (Compose, Homepage) matter only if the container has labels that count.
 */
export const ignoredImageLabels = (
  workloads: readonly Workload[],
  settings: Pick<LabelContext, "prefix" | "reads">,
): readonly Problem[] => workloads.flatMap((workload) => ignoredLabelProblems(workload, settings));

function ignoredLabelProblems(
  { name, labels, imageLabels }: Workload,
  settings: Pick<LabelContext, "prefix" | "reads">,
): readonly Problem[] {
  if (imageLabels.kind !== "ignored") return [];
  const requesting = imageLabels.names.filter((label) => requestsRoute(label, settings));
  const others = imageLabels.names.filter((label) => !requestsRoute(label, settings));
  const matters =
    requesting.length > 0 || Object.keys(effectiveLabels(labels, settings).labels).length > 0;
  const names = [...requesting, ...others];
  const [first] = names;
  if (first === undefined || !matters) return [];
  const message = `${listNames(names)} ${names.length === 1 ? "comes" : "come"} from the image and not from the operator; cfauth ignores image labels, because an image's author must not decide what is reachable`;
  const own = `write ${names.length === 1 ? "it" : "them"} on the container with a route name, such as ${settings.prefix}.own.hostname`;
  const rebuild = `build the image without ${names.length === 1 ? "it" : "them"}`;
  const fix = `${requesting.length > 0 ? own : rebuild}, or ${OBEY}`;
  return [
    {
      code: "CFA-IMAGE-LABEL",
      severity: "warning",
      container: name,
      label: first,
      route: undefined,
      message,
      effect: "unchanged",
      fix,
    },
  ];
}

/** True if the label requests a route: with our prefix, or of another tool that cfauth reads. */
const requestsRoute = (
  label: string,
  { prefix, reads }: Pick<LabelContext, "prefix" | "reads">,
): boolean =>
  label.toLowerCase().startsWith(`${prefix.toLowerCase()}.`) ||
  Object.keys(foreignLabels({ [label]: "" }, reads)).length > 0;

/** Why cfauth does not know which labels come from the image; undefined if it knows. */
export function unknownImage({ members }: LabelSet): string | undefined {
  for (const { imageLabels } of members) if (imageLabels.kind === "unknown") return imageLabels.why;
  return undefined;
}

/**
 * The context while any label may come from the image: a label must not point away from its own
 * container.
 */
export const withoutUnprovenLabels = (context: LabelContext): LabelContext => ({
  ...context,
  allowService: false,
});

/** Labels that admit visitors without a login, besides `access=public`. */
const OPENING_KEYS = ["access.bypass", "access.service-tokens", "access.policies"];

/**
 * The route without anything that an image must not decide. cfauth obeys a label that only requests
 * a protected route.
 *
 * | label that may come from the image            | result                                     |
 * |-----------------------------------------------|--------------------------------------------|
 * | one that admits visitors without a login      | does not open the route; an open one stays |
 * | `adopt`, `share-with`                         | the same                                   |
 * | `service` that points elsewhere               | the same                                   |
 * | no `access`, and CFAUTH_DEFAULT_ACCESS=public | the same                                   |
 * | any other                                     | obeyed                                     |
 *
 * @param why - why cfauth does not know the image's labels
 * @param allowService - true if the operator's own `service` labels may point elsewhere
 */
export function onlyProven(
  decoded: DecodedRoute,
  labels: Labels,
  labelSet: LabelSet,
  why: string,
  allowService: boolean,
): DecodedRoute {
  const forbiddenServices = allowService
    ? decoded.problems.filter(({ code }) => code === "CFA-SERVICE-FORBIDDEN")
    : [];
  const opening = openingLabels(decoded, labels);
  const overreaching = [
    ...(labels.get("adopt")?.text === "false" ? [] : nameOf(labels, "adopt")),
    ...nameOf(labels, "share-with"),
    ...forbiddenServices.flatMap(({ label }) => label ?? []),
  ];
  const names = [...new Set([...opening, ...overreaching])];
  if (names.length === 0) return decoded;
  const publicRoutes = new Set(
    decoded.exposures
      .filter(({ protection }) => protection.kind === "public")
      .map(({ route }) => routeKey(route)),
  );
  return {
    ...decoded,
    // A route that is public by CFAUTH_DEFAULT_ACCESS stays open like one with a label.
    requested: decoded.requested.map((it) => ({
      ...it,
      saysPublic: it.saysPublic || publicRoutes.has(routeKey(it.route)),
    })),
    // Authentik's own route is always open: labels for its protection have no effect.
    exposures:
      overreaching.length > 0
        ? []
        : decoded.exposures.filter(({ protection }) => protection.kind === "login"),
    problems: [
      ...decoded.problems.filter((it) => !forbiddenServices.includes(it)),
      unprovenProblem(decoded, labelSet, names, why),
    ],
  };
}

/**
 * The labels because of which the route, or a path in it, would need no login. If no label says so
 * and the route is still public, the label that gave the hostname.
 */
function openingLabels(decoded: DecodedRoute, labels: Labels): readonly string[] {
  const named = [
    ...(labels.get("access")?.text === "public" ? nameOf(labels, "access") : []),
    ...OPENING_KEYS.flatMap((key) => nameOf(labels, key)),
  ];
  return named.length === 0 &&
    decoded.exposures.some(({ protection }) => protection.kind === "public")
    ? [decoded.label]
    : named;
}

const nameOf = (labels: Labels, key: string): readonly string[] => {
  const label = labels.get(key);
  return label === undefined ? [] : [label.name];
};

function unprovenProblem(
  { requested }: DecodedRoute,
  { name }: LabelSet,
  names: readonly string[],
  why: string,
): Problem {
  const [only, other] = requested;
  return {
    code: "CFA-IMAGE-UNKNOWN",
    severity: "error",
    container: name,
    label: names[0],
    route: only !== undefined && other === undefined ? routeKey(only.route) : undefined,
    message: `${listNames(names)} may come from the image, which cfauth cannot inspect (${why}); an image must not let people in without a login, adopt anything or point elsewhere, so the route is not opened`,
    effect: "closed",
    fix: `let the socket proxy permit GET /images/<id>/json, or ${OBEY}`,
    about: names.join(),
  };
}

function listNames(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED_LABELS).map(clip).join(", ");
  return names.length > MAX_NAMED_LABELS
    ? `${shown} and ${names.length - MAX_NAMED_LABELS} more`
    : shown;
}
