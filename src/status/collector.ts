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

/** What the daemon knows of itself between passes: the page is made of it, and the log is what changed in it. */
export interface Status extends StatusSnapshot {
  readonly since: Since;
  readonly last: Pick<PassOutcome, "at" | "result" | "applied" | "failures"> | undefined;
  /** Where the problems come from. */
  readonly tracked: TrackedProblems;
  /** Who did not answer, or refused us, in the last pass that asked. */
  readonly failing: ReadonlySet<ServiceError["service"]>;
  /** Whether it is set up; undefined until a pass has seen the world. */
  readonly tunnel: boolean | undefined;
  /** Whether a pass has settled: from then on what is here is the truth. */
  readonly converged: boolean;
}

const nothing: Status = {
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
  /** What kept the first pass from being begun. */
  failed(error: ServiceError, at: number): void;
}

/** How long an outage must have lasted to be told, in milliseconds: while cfauth starts somebody is watching, later a blip is none. */
const PATIENCE_MS = { starting: 5_000, running: 30_000 };

/** Follows the loop: keeps the status, and tells what became otherwise. */
export function createStatusCollector(tellers: readonly StatusSink[]): StatusCollector {
  let status = nothing;
  /** What has been told; what is open when the world is first seen is no news. */
  let reported = NOTHING_REPORTED;
  /** The rules that let somebody in, as they were last seen; undefined before that. */
  let rules: Rules | undefined;
  let calm: Baseline | undefined;
  /** What this pass has done so far. */
  let done: { readonly change: AnyChange; readonly target: ChangeTarget }[] = [];
  /** That the changes under way were planned for; undefined before the first plan. */
  let planned: ObservedState | undefined;
  const containers = new Map<RouteKey, string>();
  let handovers: Pending = new Map();

  const become = (next: Omit<Status, "since">, at: number, end?: PassOutcome["end"]): void => {
    const keys = [
      ...next.routes.map(stateKey),
      ...next.problems.map(problemKey),
      ...[...next.failing].map(outageKey),
    ];
    const since = sinceNow(status.since, keys, at);
    const handed = doneHandovers(handovers, next.routes);
    handovers = handed.pending;
    const it = diffStatus(reported, {
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
      corrected: driftCorrections(calm, end, done),
      changedHands: handed.done,
      since,
      at,
      thresholdMs: PATIENCE_MS[next.converged ? "running" : "starting"],
    });
    reported = it.told;
    status = { ...next, since };
    for (const teller of tellers) teller.transitions?.(it.news, at);
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
      const place = placeOf(change, containers);
      if (error === undefined) done.push({ change, target: place });
      const differs = planned && diffChange(change, planned);
      for (const teller of tellers) teller.changed?.(change, place, error, differs);
    },
    passed: (outcome) => {
      const deployed = outcome.end === undefined ? [] : deployedRoutes(outcome.end.observed);
      if (outcome.end !== undefined)
        rules = stillOpen(rules, rulesOf(deployed), outcome.end.observed.ingress.unconfirmed);
      become(after(status, outcome, deployed), outcome.at, outcome.end);
      calm = baselineAfter(calm, outcome);
      done = [];
      for (const teller of tellers) teller.passed?.(outcome);
    },
    failed: (error, at) =>
      become(
        {
          ...withMatters(status, afterFailedObservation(status.tracked, error)),
          last: { at, result: "failed", applied: 0, failures: 1 },
        },
        at,
      ),
  };
}

/** While containers or world cannot be read, the routes are what they were. */
function after(
  before: Status,
  { end, errors, result, ...last }: PassOutcome,
  deployed: readonly DeployedRoute[],
): Omit<Status, "since"> {
  return {
    ...withMatters(
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

const withMatters = (status: Status, matters: TrackedProblems): Status => ({
  ...status,
  tracked: matters,
  problems: trackedProblems(matters),
  failing: failingServices(matters),
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

/** A rule that only keeps the place lets nobody in. */
const rulesOf = (deployed: readonly DeployedRoute[]): Rules =>
  new Map(
    deployed.flatMap(({ route, service, placeholder, public: anyone }) =>
      service === undefined || placeholder ? [] : [[routeKey(route), { public: anyone }] as const],
    ),
  );

/** What was closed is open as before until cloudflared runs the rules without it. */
const stillOpen = (
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

const placeOf = (change: AnyChange, containers: ReadonlyMap<RouteKey, string>): ChangeTarget => {
  const route = routeKeyOfChange(change);
  return route === undefined
    ? { name: change.subject }
    : { route, container: containers.get(change.subject as RouteKey) };
};
