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

/**
 * The output of `cfauth plan --json`. Public interface: removing a field raises the major part of
 * `formatVersion`.
 */
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
  /** The changes of one wave are applied in parallel. */
  readonly wave: number;
  readonly hostname: string | null;
  readonly path: string | null;
  readonly container: string | null;
  readonly kind: string;
  readonly action: "create" | "update" | "delete";
  /** The object's type as people know it: `Access application`. */
  readonly object: string;
  readonly subject: string;
  readonly needs: readonly number[];
  readonly before: Fields | null;
  readonly after: Fields | null;
  readonly unknown: readonly string[];
  readonly sensitive: readonly string[];
  readonly exposure?: AdmissionChange;
  /** The foreign objects that this change takes over. */
  readonly takes?: string;
  /** `container-gone`: only the daemon applies it, when the grace period ends. */
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
  const hostnames = new Map(
    planSections(preview, owner).flatMap(({ steps: own, hostname }) =>
      own.map(({ number }) => [number, hostname] as const),
    ),
  );
  return {
    formatVersion: "1.0",
    version: VERSION,
    owner,
    tunnel: { id: tunnel?.id ?? null, name: tunnel?.name ?? before.tunnel.name },
    counts: counts(preview),
    changes: steps.map((step) => reportChange(preview, step, hostnames.get(step.number))),
    waiting: end.pending.map(({ route, cause, reason }) => ({
      ...locationOf(route),
      container: preview.desired.exposures.get(route)?.workload ?? null,
      reason: cause,
      message: `waiting for ${reason}`,
    })),
    problems: withActualEffect(end.problems, deployedRoutes(before), preview.desired).map(
      plannedProblem,
    ),
  };
}

function reportChange(
  preview: DryRun,
  step: DryRunStep,
  hostname: string | undefined,
): ReportedChange {
  const { number, wave, change, diff, dependsOn, afterGrace } = step;
  const { before, after, unknown, sensitive, exposure } = diff;
  const takes = describeReplaced(change);
  const desired = preview.desired.exposures.get(change.subject as RouteKey);
  const [container, ...others] = containersFor(preview, hostname);
  return {
    step: number,
    wave,
    hostname: hostname ?? null,
    path: routeKeyOfChange(change)?.path ?? null,
    container: desired?.workload ?? (others.length === 0 ? container : undefined) ?? null,
    kind: change.kind,
    action: change.action,
    object: resourceLabel(change),
    subject: subjectOf(change),
    needs: dependsOn,
    before: before ?? null,
    after: after === undefined ? null : withoutFields(after, unknown),
    unknown,
    sensitive,
    ...(exposure !== undefined && { exposure }),
    ...(takes !== undefined && { takes: redactPersonalData(takes) }),
    ...(afterGrace && { reason: "container-gone" as const }),
  };
}

const withoutFields = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));

function locationOf(key: RouteKey): { readonly hostname: string; readonly path: string | null } {
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
  ...(route === undefined ? { hostname: null, path: null } : locationOf(route)),
  container: container ?? null,
  label: label ?? null,
  effect,
  message: redactPersonalData(message),
  fix: redactPersonalData(fix),
  docs: problemUrl(code),
});

/** The `--json` output when no plan could be made. */
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
