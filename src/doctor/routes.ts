import { desiredStateSettings, graceOf } from "../app.ts";
import type { Problem } from "../core/domain/problem.ts";
import { parseRouteKey, routeKey } from "../core/domain/route.ts";
import { referencedNames } from "../core/labels/references.ts";
import { EMPTY_MEMORY } from "../core/plan/desired-state.ts";
import { type Plan, planChanges } from "../core/plan/planner.ts";
import { pluralise } from "../core/text/grammar.ts";
import { computeDesired } from "../reconcile/desired-state.ts";
import { resourceModel } from "../resources/model.ts";
import { type AnyChange, type ObservedState, RESOURCE_KINDS } from "../resources/registry.ts";
import { deployedRoutes } from "../resources/route/deployed.ts";
import type { RouteStatus } from "../status/report.ts";
import { routeStatuses } from "../status/route-states.ts";
import type { DoctorContext } from "./context.ts";
import { type DoctorCheck, type Findings, firstFew, passedCheck } from "./findings.ts";
import { findSharedOwner } from "./owner-conflict.ts";

/**
 * Checks the routes: what the labels request, what is deployed, and whether another daemon uses the
 * same owner. Plans but applies nothing.
 */
export async function checkRoutes(context: DoctorContext): Promise<Findings> {
  const { config, observe, now } = context;
  const [owner, drivers, workloads, daemon] = await Promise.all([
    context.owner(),
    context.drivers(),
    context.workloads(),
    context.daemon(),
  ]);
  const names = referencedNames(workloads, config.labels);
  const [lookups, ...states] = await Promise.all([
    drivers.lookups.observe(names),
    ...RESOURCE_KINDS.map((kind) => observe[kind]()),
  ]);
  const observed = {
    ...Object.fromEntries(RESOURCE_KINDS.map((kind, at) => [kind, states[at]])),
    lookups,
  } as ObservedState;
  const { desired } = computeDesired(
    desiredStateSettings(config),
    graceOf(config),
    workloads,
    observed,
    EMPTY_MEMORY,
    now,
  );
  const resources = resourceModel(owner, config.tiles);
  const planned = planChanges(resources, desired, observed);
  const deployed = deployedRoutes(observed);
  const statuses = routeStatuses(planned, desired, deployed, new Map(), now);
  const reported = planned.problems.filter((problem) => !isReportedEarlier(problem));
  const faulty = new Set(
    reported.flatMap(({ route, severity }) =>
      severity === "error" && route !== undefined ? [route] : [],
    ),
  );
  const pending = new Set(
    planned.pending.flatMap(({ route, cause }) =>
      cause === "step" || cause === "adoption" ? [] : [route],
    ),
  );
  const ownDaemon = daemon?.owner === owner ? daemon : undefined;
  const shared = findSharedOwner({
    owner,
    named: config.owner !== undefined,
    unasked: deployed
      .map(({ route }) => routeKey(route))
      .filter((key) => desired.graceDeadlines.has(key)),
    undone: [...desired.exposures].flatMap(([key, { notReadyReason }]) =>
      planned.live.includes(key) ||
      faulty.has(key) ||
      notReadyReason !== undefined ||
      pending.has(key)
        ? []
        : [key],
    ),
    daemon: ownDaemon,
    startupGraceMs: config.startupGraceMs,
  });
  const checks = [...reported.map(problemCheck), ...stateChecks(statuses), shared];
  return {
    headline: headlineOf({
      statuses,
      reported,
      shared,
      owner,
      planned,
      compared: ownDaemon !== undefined,
    }),
    checks,
  };
}

/** Earlier groups report these problems, with more detail. */
const isReportedEarlier = ({ code, route, container }: Problem): boolean =>
  route === undefined &&
  container === undefined &&
  (code.startsWith("CFA-TUNNEL-") || code.startsWith("CFA-AK-") || code.startsWith("CFA-CF-"));

function problemCheck(problem: Problem): DoctorCheck {
  const { code, severity, container, label, route, message, fix } = problem;
  const hostname = route === undefined ? undefined : parseRouteKey(route)?.hostname;
  const about = [hostname, container === undefined ? undefined : `container ${container}`].filter(
    (it) => it !== undefined,
  );
  return {
    id: `routes.${code.replace(/^CFA-/, "").toLowerCase()}`,
    title: about.join(", ") || "all routes",
    result: severity === "error" ? "fail" : "warn",
    detail:
      about.length === 0
        ? message
        : `${about.join(" (")}${about.length > 1 ? ")" : ""}: ${message}`,
    code,
    fixes: [fix],
    hostname,
    container,
    label,
  };
}

const stateChecks = (statuses: readonly RouteStatus[]): readonly DoctorCheck[] =>
  statuses.flatMap((route) => {
    if (route.state !== "live" && route.state !== "waiting") return [];
    const hostname = parseRouteKey(route.key)?.hostname ?? route.key;
    return [
      {
        ...passedCheck(`routes.${route.state}`, route.key, route.reason ?? "live"),
        hostname,
        container: route.container,
      },
    ];
  });

interface RouteFindings {
  readonly statuses: readonly RouteStatus[];
  readonly reported: readonly Problem[];
  readonly shared: DoctorCheck;
  /** True if the local daemon's report was compared, so that another daemon would have shown. */
  readonly compared: boolean;
  readonly owner: string;
  readonly planned: Plan<AnyChange>;
}

function headlineOf({
  statuses,
  reported,
  shared,
  compared,
  owner,
  planned,
}: RouteFindings): string {
  const withState = (state: RouteStatus["state"]): readonly RouteStatus[] =>
    statuses.filter((route) => route.state === state);
  const wanted = statuses.length - withState("closing").length;
  const waiting = withState("waiting").length;
  const errors = reported.filter(({ severity }) => severity === "error").length;
  const warnings = reported.length - errors + (shared.result === "warn" ? 1 : 0);
  if (wanted === 0 && reported.length === 0 && shared.result === "pass")
    return `no container requests a route yet · owner ${owner}`;
  const reasons = new Set(
    withState("waiting").map(({ reason = "" }) => reason.replace("waiting for ", "")),
  );
  const waitingText =
    planned.changes.length > 0
      ? `${waiting} to be opened by cfauth`
      : `${waiting} waiting for ${firstFew([...reasons], 1)}`;
  return [
    `${wanted} requested, ${withState("live").length} live`,
    ...(waiting > 0 ? [waitingText] : []),
    ...(errors > 0 ? [pluralise(errors, "problem")] : []),
    ...(warnings > 0 ? [pluralise(warnings, "warning")] : []),
    ...(shared.result === "pass"
      ? [compared ? `no other daemon uses owner ${owner}` : `owner ${owner}`]
      : []),
  ].join(" · ");
}
