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

/** All that is to be said of one hostname, which is what people think in; or of what all routes share. */
export interface PlanSection {
  readonly mark: "+" | "~" | "-" | "…" | "!";
  /** Undefined: what all routes share. */
  readonly hostname: string | undefined;
  readonly title: string;
  readonly steps: readonly DryRunStep[];
  readonly waiting: readonly PendingRoute[];
  readonly problems: readonly Problem[];
}

/** In the order of their first steps; then what waits for a grace to end, what only waits, what only has problems, and what is about no one route. */
export function planSections(preview: DryRun, owner: Owner): readonly PlanSection[] {
  const problems = withActualEffect(
    preview.end.problems,
    deployedRoutes(preview.before),
    preview.desired,
  );
  const hosts = hostsOf(preview, owner);
  const names = [
    ...preview.steps.map((step) => hosts(step)),
    ...preview.end.pending.map(({ route }) => hostOf(route)),
    ...problems.flatMap(({ route }) => hostOf(route) ?? []),
  ];
  const hosted = [...new Set(names)].map((hostname): PlanSection => {
    const of = {
      steps: preview.steps.filter((step) => hosts(step) === hostname),
      waiting: preview.end.pending.filter(({ route }) => hostOf(route) === hostname),
      problems:
        hostname === undefined ? [] : problems.filter(({ route }) => hostOf(route) === hostname),
    };
    return { hostname, ...of, ...headline(preview, hostname, of) };
  });
  // Beneath what all routes share, "nothing is opened" would be said of all of them.
  const loose = problems.filter(({ route }) => route === undefined);
  const last: PlanSection = {
    mark: "!",
    hostname: undefined,
    title: "",
    steps: [],
    waiting: [],
    problems: loose,
  };
  return loose.length === 0 ? hosted : [...hosted, last];
}

/** The containers that ask for the hostname. */
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

const hostOf = (route: RouteKey | undefined): string | undefined =>
  route && (parseRouteKey(route)?.hostname ?? route);

/** Of which hostname a step is: a policy belongs to the only one whose audience it is, or was. */
function hostsOf(
  { desired, before }: DryRun,
  owner: Owner,
): (step: DryRunStep) => string | undefined {
  const users = new Map<string, Set<string>>();
  const uses = (name: string, route: Route | undefined) => {
    if (route !== undefined) users.set(name, (users.get(name) ?? new Set()).add(route.hostname));
  };
  for (const { route, protection } of desired.exposures.values())
    for (const name of policyNames(owner, protection)) uses(name, route);
  for (const [key, { policies }] of before.access.mine)
    for (const { id, name } of before.policy.mine)
      if (policies.includes(id)) uses(name, parseRouteKey(key));
  return (step) => {
    if (step.change.kind !== "policy") return routeKeyOfChange(step.change)?.hostname;
    const [only, ...others] = users.get(step.change.subject) ?? [];
    return others.length === 0 ? only : undefined;
  };
}

function headline(
  preview: DryRun,
  hostname: string | undefined,
  of: Pick<PlanSection, "steps" | "waiting" | "problems">,
): Pick<PlanSection, "mark" | "title"> {
  const { steps, waiting, problems } = of;
  if (hostname === undefined) return { mark: markOf(steps), title: "" };
  const exposures = [...preview.desired.exposures.values()].filter(
    ({ route }) => route.hostname === hostname,
  );
  const by = containersFor(preview, hostname).join(", ");
  const titled = (mark: PlanSection["mark"], ...parts: readonly string[]) => ({
    mark,
    title: parts.filter((it) => it !== "").join(" · "),
  });
  if (steps.length === 0 && problems.length > 0)
    return titled("!", problems[0]?.effect === "closed" ? "not opened" : "stays as it is");
  if (steps.length === 0)
    return titled("…", ...waiting.map(({ reason }) => `waiting for ${reason}`));
  if (exposures.length === 0)
    return titled(
      "-",
      steps.some(({ afterGrace }) => afterGrace)
        ? "its container is gone: the daemon removes it when the grace period ends"
        : "",
    );
  const stood =
    deployedRoutes(preview.before).some(({ route }) => route.hostname === hostname) ||
    steps.some(takes);
  if (!stood) return titled("+", "new", by, ownHost(exposures));
  return titled("~", whatChanges(steps), by, ownHost(exposures));
}

const markOf = (steps: readonly DryRunStep[]): PlanSection["mark"] => {
  const actions = new Set(steps.map(({ change }) => change.action));
  return actions.size > 1 || actions.has("update") ? "~" : actions.has("create") ? "+" : "-";
};

const ownHost = (exposures: readonly Exposure[]): string =>
  exposures.some(({ protection }) => protection.kind === "login")
    ? "Authentik itself, so without a login"
    : "";

const takes = ({ change }: DryRunStep): boolean => describeReplaced(change) !== undefined;

function whatChanges(steps: readonly DryRunStep[]): string {
  const some = (test: (step: DryRunStep) => boolean) => steps.some(test);
  const whom = some(({ diff: { exposure } }) => exposure !== undefined && exposure !== "protected");
  const where = some(
    ({ change, diff: { after } }) => change.kind === "ingress" && after?.["service"] !== undefined,
  );
  const words = [
    ...(some(takes) ? ["taken over"] : []),
    ...(whom ? ["who may enter changes"] : []),
    ...(where ? ["where it leads changes"] : []),
  ];
  return words.length > 0 ? words.join(", ") : "is put right";
}
