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
 * One warning for each container whose image carries labels that cfauth reads: they were ignored. Identity and looks from an image
 * (Compose, Homepage) are worth a word only where the container has labels that count.
 */
export const ignoredImageLabels = (
  workloads: readonly Workload[],
  settings: Pick<LabelContext, "prefix" | "reads">,
): readonly Problem[] => workloads.flatMap((workload) => ignoredOf(workload, settings));

function ignoredOf(
  { name, labels, imageLabels }: Workload,
  settings: Pick<LabelContext, "prefix" | "reads">,
): readonly Problem[] {
  if (imageLabels.kind !== "ignored") return [];
  const { wishes: exposures = [], others = [] } = Object.groupBy(imageLabels.names, (label) =>
    isWish(label, settings) ? "wishes" : "others",
  );
  const counts =
    exposures.length > 0 || Object.keys(effectiveLabels(labels, settings).labels).length > 0;
  const names = [...exposures, ...others];
  const [first] = names;
  if (first === undefined || !counts) return [];
  const message = `${spelled(names)} ${names.length === 1 ? "comes" : "come"} from the image and not from the operator, and cfauth ignores labels of images: the author of an image must not decide what is reachable`;
  const own = `write ${names.length === 1 ? "it" : "them"} on the container under a name for the route, such as ${settings.prefix}.own.hostname`;
  const fix = `${exposures.length > 0 ? own : `build the image without ${names.length === 1 ? "it" : "them"}`}, or ${OBEY}`;
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

/** Whether the label asks for a route: one of ours, or of another tool that is read. */
const isWish = (
  label: string,
  { prefix, reads }: Pick<LabelContext, "prefix" | "reads">,
): boolean =>
  label.toLowerCase().startsWith(`${prefix.toLowerCase()}.`) ||
  Object.keys(foreignLabels({ [label]: "" }, reads)).length > 0;

/** Why it is not known which labels are the image's; undefined where it is known. */
export function unknownImage({ members }: LabelSet): string | undefined {
  for (const { imageLabels } of members) if (imageLabels.kind === "unknown") return imageLabels.why;
  return undefined;
}

/** What is read with while any label may be the image's: nothing may point away from its own container. */
export const withoutUnprovenLabels = (context: LabelContext): LabelContext => ({
  ...context,
  allowService: false,
});

/** What lets people in without a login. */
const OPENS = ["access.bypass", "access.service-tokens", "access.policies"];

/**
 * The route without what an image must not decide: it stays as it is, and is not opened. A label that only asks for something
 * behind a login is obeyed.
 *
 * | label that may be the image's                             | then                                           |
 * |-----------------------------------------------------------|------------------------------------------------|
 * | what lets people in without a login, `adopt`, `share-with` | the route is not opened; an open one stays      |
 * | `service` that points away from the container              | likewise                                       |
 * | no `access` label, and CFAUTH_DEFAULT_ACCESS=public        | likewise                                       |
 * | anything else                                             | as ever                                        |
 *
 * @param why - says why the image's labels are not known
 * @param allowService - whether `service` may point away from its container where the labels are known to be the operator's
 */
export function onlyProven(
  read: DecodedRoute,
  labels: Labels,
  labelSet: LabelSet,
  why: string,
  allowService: boolean,
): DecodedRoute {
  const strays = allowService
    ? read.problems.filter(({ code }) => code === "CFA-SERVICE-FORBIDDEN")
    : [];
  const opening = openingLabels(read, labels);
  const taking = [
    ...(labels.get("adopt")?.text === "false" ? [] : nameOf(labels, "adopt")),
    ...nameOf(labels, "share-with"),
    ...strays.flatMap(({ label }) => label ?? []),
  ];
  const names = [...new Set([...opening, ...taking])];
  if (names.length === 0) return read;
  const open = new Set(
    read.exposures
      .filter(({ protection }) => protection.kind === "public")
      .map(({ route }) => routeKey(route)),
  );
  return {
    ...read,
    // One that is public by CFAUTH_DEFAULT_ACCESS says so as much as one with a label: it is not shut either.
    requested: read.requested.map((it) => ({
      ...it,
      saysPublic: it.saysPublic || open.has(routeKey(it.route)),
    })),
    // Authentik's own route is open by its nature: what its labels say of a protection is in vain.
    exposures:
      taking.length > 0
        ? []
        : read.exposures.filter(({ protection }) => protection.kind === "login"),
    problems: [
      ...read.problems.filter((it) => !strays.includes(it)),
      unproven(read, labelSet, names, why),
    ],
  };
}

/** The labels by which the route, or a path in it, would need no login; where none says so, the one that gave the hostname. */
function openingLabels(read: DecodedRoute, labels: Labels): readonly string[] {
  const named = [
    ...(labels.get("access")?.text === "public" ? nameOf(labels, "access") : []),
    ...OPENS.flatMap((key) => nameOf(labels, key)),
  ];
  return named.length === 0 && read.exposures.some(({ protection }) => protection.kind === "public")
    ? [read.label]
    : named;
}

const nameOf = (labels: Labels, key: string): readonly string[] => {
  const label = labels.get(key);
  return label === undefined ? [] : [label.name];
};

function unproven(
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
    message: `${spelled(names)} may come from the image, which cfauth cannot inspect (${why}); an image must not let people in without a login, adopt anything or point elsewhere, so the route is not opened`,
    effect: "closed",
    fix: `let the socket proxy permit GET /images/<id>/json, or ${OBEY}`,
    about: names.join(),
  };
}

function spelled(names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED_LABELS).map(clip).join(", ");
  return names.length > MAX_NAMED_LABELS
    ? `${shown} and ${names.length - MAX_NAMED_LABELS} more`
    : shown;
}
