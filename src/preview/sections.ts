import type { Exposure } from "../core/domain/exposure.ts";
import type { Owner } from "../core/domain/owner.ts";
import type { Problem } from "../core/domain/problem.ts";
import { parseRouteKey, type Route, type RouteKey } from "../core/domain/route.ts";
import { describeReplaced } from "../core/plan/resource.ts";
import type { PendingRoute } from "../core/plan/types.ts";
import type { DryRun, DryRunStep } from "../reconcile/dry-run.ts";
import { policyNames } from "../resources/access-policy/audience.ts";
import { routeKeyOfChange } from "../resources/describe.ts";
import { deployedRoutes } from "../resources/route/deployed.ts";
import { withActualEffect } from "../status/problem-effect.ts";

/** The part of a plan that concerns one hostname, or what all routes share. */
export interface PlanSection {
  readonly mark: "+" | "~" | "-" | "…" | "!";
  /** Undefined for what all routes share. */
  readonly hostname: string | undefined;
  readonly title: string;
  readonly steps: readonly DryRunStep[];
  readonly waiting: readonly PendingRoute[];
  readonly problems: readonly Problem[];
}

/**
 * Groups the plan by hostname, because people think in hostnames. Hostnames with steps come first,
 * in the order of their first step (steps that wait for a grace period are the last ones); then those
 * that only wait, those that only have problems, and last the problems that concern no single route.
 */
export function planSections(preview: DryRun, owner: Owner): readonly PlanSection[] {
  const problems = withActualEffect(
    preview.end.problems,
    deployedRoutes(preview.before),
    preview.desired,
  );
  const hostnameOfStep = createStepLookup(preview, owner);
  const names = [
    ...preview.steps.map((step) => hostnameOfStep(step)),
    ...preview.end.pending.map(({ route }) => hostnameOf(route)),
    ...problems.flatMap(({ route }) => hostnameOf(route) ?? []),
  ];
  const sections = [...new Set(names)].map((hostname): PlanSection => {
    const content = {
      steps: preview.steps.filter((step) => hostnameOfStep(step) === hostname),
      waiting: preview.end.pending.filter(({ route }) => hostnameOf(route) === hostname),
      problems:
        hostname === undefined
          ? []
          : problems.filter(({ route }) => hostnameOf(route) === hostname),
    };
    return { hostname, ...content, ...headline(preview, hostname, content) };
  });
  // Under the heading for all routes, "not opened" would read as if no route were opened.
  const unattributed = problems.filter(({ route }) => route === undefined);
  const remaining: PlanSection = {
    mark: "!",
    hostname: undefined,
    title: "",
    steps: [],
    waiting: [],
    problems: unattributed,
  };
  return unattributed.length === 0 ? sections : [...sections, remaining];
}

/** The containers whose labels request the hostname. */
export const containersFor = (
  { desired }: DryRun,
  hostname: string | undefined,
): readonly string[] => [
  ...new Set(
    [...desired.exposures.values()].flatMap((exposure) =>
      exposure.route.hostname === hostname ? [exposure.workload] : [],
    ),
  ),
];

const hostnameOf = (route: RouteKey | undefined): string | undefined =>
  route && (parseRouteKey(route)?.hostname ?? route);

/**
 * Maps a step to its hostname. An Access policy belongs to a hostname only if no other hostname
 * uses it, now or as desired.
 */
function createStepLookup(
  { desired, before }: DryRun,
  owner: Owner,
): (step: DryRunStep) => string | undefined {
  const users = new Map<string, Set<string>>();
  const addUse = (name: string, route: Route | undefined) => {
    if (route !== undefined) users.set(name, (users.get(name) ?? new Set()).add(route.hostname));
  };
  for (const { route, protection } of desired.exposures.values())
    for (const name of policyNames(owner, protection)) addUse(name, route);
  for (const [key, { policies }] of before.access.mine)
    for (const { id, name } of before.policy.mine)
      if (policies.includes(id)) addUse(name, parseRouteKey(key));
  return (step) => {
    if (step.change.kind !== "policy") return routeKeyOfChange(step.change)?.hostname;
    const [only, ...others] = users.get(step.change.subject) ?? [];
    return others.length === 0 ? only : undefined;
  };
}

function headline(
  preview: DryRun,
  hostname: string | undefined,
  content: Pick<PlanSection, "steps" | "waiting" | "problems">,
): Pick<PlanSection, "mark" | "title"> {
  const { steps, waiting, problems } = content;
  if (hostname === undefined) return { mark: markOf(steps), title: "" };
  const exposures = [...preview.desired.exposures.values()].filter(
    ({ route }) => route.hostname === hostname,
  );
  const containers = containersFor(preview, hostname).join(", ");
  const withTitle = (mark: PlanSection["mark"], ...parts: readonly string[]) => ({
    mark,
    title: parts.filter((it) => it !== "").join(" · "),
  });
  if (steps.length === 0 && problems.length > 0)
    return withTitle("!", problems[0]?.effect === "closed" ? "not opened" : "stays as it is");
  if (steps.length === 0)
    return withTitle("…", ...waiting.map(({ reason }) => `waiting for ${reason}`));
  if (exposures.length === 0)
    return withTitle(
      "-",
      steps.some(({ afterGrace }) => afterGrace)
        ? "its container is gone: the daemon removes it when the grace period ends"
        : "",
    );
  const wasDeployed =
    deployedRoutes(preview.before).some(({ route }) => route.hostname === hostname) ||
    steps.some(takesOver);
  if (!wasDeployed) return withTitle("+", "new", containers, ownHostnameNote(exposures));
  return withTitle("~", summariseChanges(steps), containers, ownHostnameNote(exposures));
}

function markOf(steps: readonly DryRunStep[]): PlanSection["mark"] {
  const actions = new Set(steps.map(({ change }) => change.action));
  if (actions.size > 1 || actions.has("update")) return "~";
  return actions.has("create") ? "+" : "-";
}

const ownHostnameNote = (exposures: readonly Exposure[]): string =>
  exposures.some(({ protection }) => protection.kind === "login")
    ? "Authentik itself, so no login"
    : "";

const takesOver = ({ change }: DryRunStep): boolean => describeReplaced(change) !== undefined;

function summariseChanges(steps: readonly DryRunStep[]): string {
  const anyStep = (test: (step: DryRunStep) => boolean) => steps.some(test);
  const accessChanges = anyStep(
    ({ diff: { exposure } }) => exposure !== undefined && exposure !== "protected",
  );
  const originChanges = anyStep(
    ({ change, diff: { after } }) => change.kind === "ingress" && after?.["service"] !== undefined,
  );
  const words = [
    ...(anyStep(takesOver) ? ["taken over"] : []),
    ...(accessChanges ? ["access changes"] : []),
    ...(originChanges ? ["origin changes"] : []),
  ];
  return words.length > 0 ? words.join(", ") : "updated";
}
