import { problemKey } from "../core/domain/problem.ts";
import { type RouteKey, routeKey } from "../core/domain/route.ts";
import type { ServiceError } from "../core/errors.ts";
import type { DeployedRoute } from "../core/plan/types.ts";
import type { PassListener, PassOutcome } from "../reconcile/controller.ts";
import { routeKeyOfChange } from "../resources/describe.ts";
import { diffChange } from "../resources/diffs.ts";
import type { ObservedState } from "../resources/observed.ts";
import type { AnyChange } from "../resources/registry.ts";
import { deployedRoutes } from "../resources/route/deployed.ts";
import type { ChangeTarget } from "./change-target.ts";
import { type Baseline, baselineAfter, driftCorrections } from "./drift.ts";
import { doneHandovers, noteHandovers, type Pending } from "./handover-notices.ts";
import { outageKey } from "./outages.ts";
import {
  afterFailedObservation,
  afterPass,
  failingServices,
  NO_TRACKED_PROBLEMS,
  type TrackedProblems,
  trackedProblems,
} from "./problem-tracker.ts";
import { type RouteStatus, type Since, sinceNow, stateKey } from "./report.ts";
import { withDetails } from "./route-details.ts";
import { routeStatuses } from "./route-states.ts";
import type { StatusSink } from "./sink.ts";
import {
  assumeReported,
  diffStatus,
  NOTHING_REPORTED,
  type Rules,
  type StatusSnapshot,
} from "./transitions.ts";

/**
 * What the daemon knows between passes. The status page shows it; the log shows what changes in it.
 */
export interface Status extends StatusSnapshot {
  readonly since: Since;
  readonly last: Pick<PassOutcome, "at" | "result" | "applied" | "failures"> | undefined;
  /** The sources of `problems`. */
  readonly tracked: TrackedProblems;
  /** The services that did not answer or rejected cfauth in the last pass that called them. */
  readonly failing: ReadonlySet<ServiceError["service"]>;
  /**
   * True if the tunnel exists and is not known to be disconnected; undefined until a pass has
   * observed it.
   */
  readonly tunnel: boolean | undefined;
  /** True once a pass has settled: from then on the status is reliable. */
  readonly converged: boolean;
}

const INITIAL_STATUS: Status = {
  routes: [],
  problems: [],
  since: new Map(),
  last: undefined,
  tracked: NO_TRACKED_PROBLEMS,
  failing: new Set(),
  tunnel: undefined,
  converged: false,
};

export interface StatusCollector extends PassListener {
  status(): Status;
  /** Records an error that prevented the first pass. */
  failed(error: ServiceError, at: number): void;
}

/**
 * How long a transient problem must last before it is reported, in milliseconds. While cfauth
 * starts the operator is watching.
 */
const REPORT_DELAY_MS = { starting: 5_000, running: 30_000 };

/** Listens to passes, keeps the status, and reports state transitions to the sinks. */
export function createStatusCollector(sinks: readonly StatusSink[]): StatusCollector {
  let status = INITIAL_STATUS;
  /** What has been reported. Routes that are open at the first observation count as reported. */
  let reported = NOTHING_REPORTED;
  /**
   * The ingress rules that admit anyone, as last observed; undefined before the first observation.
   */
  let rules: Rules | undefined;
  let baseline: Baseline | undefined;
  /** The changes that this pass has applied so far. */
  let applied: { readonly change: AnyChange; readonly target: ChangeTarget }[] = [];
  /**
   * The observed state that the current changes were planned for; undefined before the first plan.
   */
  let planned: ObservedState | undefined;
  const containers = new Map<RouteKey, string>();
  let handovers: Pending = new Map();

  const update = (next: Omit<Status, "since">, at: number, end?: PassOutcome["end"]): void => {
    const keys = [
      ...next.routes.map(stateKey),
      ...next.problems.map(problemKey),
      ...[...next.failing].map(outageKey),
    ];
    const since = sinceNow(status.since, keys, at);
    const handedOver = doneHandovers(handovers, next.routes);
    handovers = handedOver.pending;
    const diff = diffStatus(reported, {
      routes: next.routes.map((route) => ({
        ...route,
        container: containers.get(route.key) ?? route.container,
      })),
      problems: next.problems,
      rules: rules ?? new Map(),
      protections: new Map(
        [...(end?.decision.desired.exposures ?? [])].map(([key, { protection }]) => [
          key,
          protection,
        ]),
      ),
      corrected: driftCorrections(baseline, end, applied),
      changedHands: handedOver.done,
      since,
      at,
      thresholdMs: REPORT_DELAY_MS[next.converged ? "running" : "starting"],
    });
    reported = diff.reported;
    status = { ...next, since };
    for (const teller of sinks) teller.transitions?.(diff.news, at);
  };

  return {
    status: () => status,
    planned: (_plan, { desired }, observed) => {
      planned = observed;
      for (const [key, exposure] of desired.exposures) containers.set(key, exposure.workload);
      handovers = noteHandovers(handovers, desired, rulesOf(deployedRoutes(observed)));
      if (rules !== undefined) return;
      rules = rulesOf(deployedRoutes(observed));
      reported = { ...assumeReported(rules), problems: reported.problems };
    },
    changed: (change, error) => {
      const target = targetOf(change, containers);
      if (error === undefined) applied.push({ change, target: target });
      const differs = planned && diffChange(change, planned);
      for (const teller of sinks) teller.changed?.(change, target, error, differs);
    },
    passed: (outcome) => {
      const deployed = outcome.end === undefined ? [] : deployedRoutes(outcome.end.observed);
      if (outcome.end !== undefined)
        rules = withUnconfirmed(rules, rulesOf(deployed), outcome.end.observed.ingress.unconfirmed);
      update(statusAfter(status, outcome, deployed), outcome.at, outcome.end);
      baseline = baselineAfter(baseline, outcome);
      applied = [];
      for (const teller of sinks) teller.passed?.(outcome);
    },
    failed: (error, at) =>
      update(
        {
          ...withTracked(status, afterFailedObservation(status.tracked, error)),
          last: { at, result: "failed", applied: 0, failures: 1 },
        },
        at,
      ),
  };
}

/** If containers or observed state cannot be read, the routes stay as they were. */
function statusAfter(
  before: Status,
  { end, errors, result, ...last }: PassOutcome,
  deployed: readonly DeployedRoute[],
): Omit<Status, "since"> {
  return {
    ...withTracked(
      before,
      end === undefined
        ? errors.reduce(afterFailedObservation, before.tracked)
        : afterPass(end, deployed),
    ),
    routes: end === undefined ? before.routes : routesOf(end, deployed, last.at, before.routes),
    last: { ...last, result },
    tunnel:
      end === undefined
        ? before.tunnel
        : end.observed.tunnel.tunnel !== undefined &&
          end.observed.tunnel.tunnel.connected !== false,
    converged: before.converged || result === "settled",
  };
}

const withTracked = (status: Status, tracked: TrackedProblems): Status => ({
  ...status,
  tracked: tracked,
  problems: trackedProblems(tracked),
  failing: failingServices(tracked),
});

function routesOf(
  end: NonNullable<PassOutcome["end"]>,
  deployed: readonly DeployedRoute[],
  at: number,
  before: readonly RouteStatus[],
): readonly RouteStatus[] {
  const failed = new Map(
    end.failures.map(({ change, error }) => [change.subject as RouteKey, error]),
  );
  const known = routeStatuses(
    end.plan,
    end.decision.desired,
    deployed,
    failed,
    at,
    end.observed.ingress.unconfirmed,
  );
  return withDetails(known, { ...end, deployed }, before);
}

/** Placeholder rules are left out: they admit nobody. */
const rulesOf = (deployed: readonly DeployedRoute[]): Rules =>
  new Map(
    deployed.flatMap(({ route, service, placeholder, public: anyone }) =>
      service === undefined || placeholder ? [] : [[routeKey(route), { public: anyone }] as const],
    ),
  );

/** A closed route stays open until cloudflared runs the rules without it. */
const withUnconfirmed = (
  before: Rules | undefined,
  rules: Rules,
  unconfirmed: readonly RouteKey[],
): Rules =>
  new Map([
    ...rules,
    ...unconfirmed.flatMap((key) => {
      const rule = before?.get(key);
      return rule === undefined ? [] : [[key, rule] as const];
    }),
  ]);

const targetOf = (change: AnyChange, containers: ReadonlyMap<RouteKey, string>): ChangeTarget => {
  const route = routeKeyOfChange(change);
  return route === undefined
    ? { name: change.subject }
    : { route, container: containers.get(change.subject as RouteKey) };
};
