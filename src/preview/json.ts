import type { Owner } from "../core/domain/owner.ts";
import type { Problem } from "../core/domain/problem.ts";
import { parseRouteKey, type RouteKey } from "../core/domain/route.ts";
import type { ServiceError } from "../core/errors.ts";
import { problemUrl } from "../core/links.ts";
import { describeReplaced } from "../core/plan/resource.ts";
import type { PendingCause } from "../core/plan/types.ts";
import { redactPersonalData } from "../core/text/redact.ts";
import { VERSION } from "../core/version.ts";
import type { DryRun, DryRunStep } from "../reconcile/dry-run.ts";
import type { AdmissionChange, Fields } from "../resources/contract/diff.ts";
import { resourceLabel, routeKeyOfChange, subjectOf } from "../resources/describe.ts";
import { deployedRoutes } from "../resources/route/deployed.ts";
import { withActualEffect } from "../status/problem-effect.ts";
import { type Counts, counts } from "./counts.ts";
import { containersFor, planSections } from "./sections.ts";

/** `cfauth plan --json`. Public interface: `formatVersion` counts up in its first part when something is taken away. */
export interface PlanReport {
  readonly formatVersion: "1.0";
  readonly version: string;
  readonly owner: string;
  readonly tunnel: { readonly id: string | null; readonly name: string };
  readonly counts: Counts;
  readonly changes: readonly ReportedChange[];
  readonly waiting: readonly {
    readonly hostname: string;
    readonly path: string | null;
    readonly container: string | null;
    readonly reason: PendingCause;
    readonly message: string;
  }[];
  readonly problems: readonly PlannedProblem[];
}

export interface ReportedChange {
  readonly step: number;
  /** Those of one wave are done beside each other. */
  readonly wave: number;
  readonly hostname: string | null;
  readonly path: string | null;
  readonly container: string | null;
  readonly kind: string;
  readonly action: "create" | "update" | "delete";
  /** What the kind's object is called: `Access application`. */
  readonly object: string;
  readonly subject: string;
  readonly needs: readonly number[];
  readonly before: Fields | null;
  readonly after: Fields | null;
  readonly unknown: readonly string[];
  readonly sensitive: readonly string[];
  readonly exposure?: AdmissionChange;
  /** What of somebody else's goes with it. */
  readonly takes?: string;
  /** `container-gone`: done by the daemon alone, when the grace period ends. */
  readonly reason?: "container-gone";
}

export interface PlannedProblem {
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly hostname: string | null;
  readonly path: string | null;
  readonly container: string | null;
  readonly label: string | null;
  readonly effect: "closed" | "unchanged";
  readonly message: string;
  readonly fix: string;
  readonly docs: string;
}

export function planReport(preview: DryRun, owner: Owner): PlanReport {
  const { before, steps, end } = preview;
  const { tunnel } = before.tunnel;
  const hosts = new Map(
    planSections(preview, owner).flatMap((group) =>
      group.steps.map(({ number }) => [number, group.hostname] as const),
    ),
  );
  return {
    formatVersion: "1.0",
    version: VERSION,
    owner,
    tunnel: { id: tunnel?.id ?? null, name: tunnel?.name ?? before.tunnel.name },
    counts: counts(preview),
    changes: steps.map((step) => reported(preview, step, hosts.get(step.number))),
    waiting: end.pending.map(({ route, cause, reason }) => ({
      ...placeOf(route),
      container: preview.desired.exposures.get(route)?.workload ?? null,
      reason: cause,
      message: `waiting for ${reason}`,
    })),
    problems: withActualEffect(end.problems, deployedRoutes(before), preview.desired).map(
      plannedProblem,
    ),
  };
}

function reported(preview: DryRun, step: DryRunStep, hostname: string | undefined): ReportedChange {
  const { number, wave, change, diff, dependsOn, afterGrace } = step;
  const { before, after, unknown, sensitive, exposure } = diff;
  const takes = describeReplaced(change);
  const wish = preview.desired.exposures.get(change.subject as RouteKey);
  const [container, ...others] = containersFor(preview, hostname);
  return {
    step: number,
    wave,
    hostname: hostname ?? null,
    path: routeKeyOfChange(change)?.path ?? null,
    container: wish?.workload ?? (others.length === 0 ? container : undefined) ?? null,
    kind: change.kind,
    action: change.action,
    object: resourceLabel(change),
    subject: subjectOf(change),
    needs: dependsOn,
    before: before ?? null,
    after:
      after === undefined
        ? null
        : Object.fromEntries(Object.entries(after).filter(([name]) => !unknown.includes(name))),
    unknown,
    sensitive,
    ...(exposure !== undefined && { exposure }),
    ...(takes !== undefined && { takes: redactPersonalData(takes) }),
    ...(afterGrace && { reason: "container-gone" as const }),
  };
}

function placeOf(key: RouteKey): { readonly hostname: string; readonly path: string | null } {
  const route = parseRouteKey(key);
  return { hostname: route?.hostname ?? key, path: route?.path ?? null };
}

export const plannedProblem = ({
  code,
  severity,
  route,
  container,
  label,
  effect,
  message,
  fix,
}: Problem): PlannedProblem => ({
  code,
  severity,
  ...(route === undefined ? { hostname: null, path: null } : placeOf(route)),
  container: container ?? null,
  label: label ?? null,
  effect,
  message: redactPersonalData(message),
  fix: redactPersonalData(fix),
  docs: problemUrl(code),
});

/** What `--json` answers in place of a plan that could not be made. */
export const failureReport = ({ code, message, fix, transient }: ServiceError) => ({
  formatVersion: "1.0",
  version: VERSION,
  error: {
    code,
    severity: transient ? "warning" : "error",
    message: redactPersonalData(message),
    fix: redactPersonalData(fix),
    docs: problemUrl(code),
  },
});
