import { discreet } from "../domain/discreet.ts";
import type { Owner } from "../domain/owner.ts";
import type { Problem } from "../domain/problem.ts";
import { parseRouteKey, type RouteKey } from "../domain/route.ts";
import type { WorldError } from "../errors.ts";
import type { Exposed, Fields } from "../kinds/fields.ts";
import { called, routeOf, subjectOf } from "../kinds/phrase.ts";
import { standing } from "../kinds/standing.ts";
import { problemDocs } from "../links.ts";
import type { Preview, Step } from "../loop/preview.ts";
import type { Cause } from "../plan/desired.ts";
import { taken } from "../plan/rung.ts";
import { inEffect } from "../status/effect.ts";
import { VERSION } from "../version.ts";
import { type Counts, counts } from "./counts.ts";
import { containersAt, groups } from "./groups.ts";

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
    readonly reason: Cause;
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
  readonly exposure?: Exposed;
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

export function planReport(preview: Preview, owner: Owner): PlanReport {
  const { before, steps, end } = preview;
  const { tunnel } = before.tunnel;
  const hosts = new Map(groups(preview, owner).flatMap((group) => group.steps.map(({ number }) => [number, group.hostname] as const)));
  return {
    formatVersion: "1.0",
    version: VERSION,
    owner,
    tunnel: { id: tunnel?.id ?? null, name: tunnel?.name ?? before.tunnel.name },
    counts: counts(preview),
    changes: steps.map((step) => reported(preview, step, hosts.get(step.number))),
    waiting: end.waiting.map(({ route, cause, reason }) => ({
      ...placeOf(route),
      container: preview.desired.wishes.get(route)?.workload ?? null,
      reason: cause,
      message: `waiting for ${reason}`,
    })),
    problems: inEffect(end.problems, standing(before), preview.desired).map(plannedProblem),
  };
}

function reported(preview: Preview, step: Step, hostname: string | undefined): ReportedChange {
  const { number, wave, change, difference, needs, later } = step;
  const { before, after, unknown, sensitive, exposure } = difference;
  const takes = taken(change);
  const wish = preview.desired.wishes.get(change.subject as RouteKey);
  const [container, ...others] = containersAt(preview, hostname);
  return {
    step: number,
    wave,
    hostname: hostname ?? null,
    path: routeOf(change)?.path ?? null,
    container: wish?.workload ?? (others.length === 0 ? container : undefined) ?? null,
    kind: change.kind,
    action: change.action,
    object: called(change),
    subject: subjectOf(change),
    needs,
    before: before ?? null,
    after: after === undefined ? null : Object.fromEntries(Object.entries(after).filter(([name]) => !unknown.includes(name))),
    unknown,
    sensitive,
    ...(exposure !== undefined && { exposure }),
    ...(takes !== undefined && { takes: discreet(takes) }),
    ...(later && { reason: "container-gone" as const }),
  };
}

function placeOf(key: RouteKey): { readonly hostname: string; readonly path: string | null } {
  const route = parseRouteKey(key);
  return { hostname: route?.hostname ?? key, path: route?.path ?? null };
}

export const plannedProblem = ({ code, severity, route, container, label, effect, message, fix }: Problem): PlannedProblem => ({
  code,
  severity,
  ...(route === undefined ? { hostname: null, path: null } : placeOf(route)),
  container: container ?? null,
  label: label ?? null,
  effect,
  message: discreet(message),
  fix: discreet(fix),
  docs: problemDocs(code),
});

/** What `--json` answers in place of a plan that could not be made. */
export const failureReport = ({ code, message, fix, transient }: WorldError) => ({
  formatVersion: "1.0",
  version: VERSION,
  error: { code, severity: transient ? "warning" : "error", message: discreet(message), fix: discreet(fix), docs: problemDocs(code) },
});
