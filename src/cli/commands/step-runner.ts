import type { App, AppOptions } from "../../app.ts";
import type { Problem } from "../../core/domain/problem.ts";
import type { ServiceError } from "../../core/errors.ts";
import { changeLine } from "../../preview/lines.ts";
import type { PassOutcome } from "../../reconcile/controller.ts";
import type { DryRun, DryRunStep } from "../../reconcile/dry-run.ts";
import { resourceLabel, subjectOf } from "../../resources/describe.ts";
import { diffChange } from "../../resources/diffs.ts";
import { diagnosePropagation } from "../../resources/ingress-rule/diagnostics.ts";
import type { ObservedState } from "../../resources/observed.ts";
import type { AnyChange } from "../../resources/registry.ts";
import type { CommandContext } from "./command.ts";
import { wasNotStarted } from "./one-shot.ts";
import { createProgress, type Progress } from "./progress-bar.ts";

/** What was applied and what was not. */
export interface StepRunResult {
  readonly done: readonly AnyChange[];
  /** The previewed changes that were not applied. */
  readonly left: readonly DryRunStep[];
  readonly last: PassOutcome | undefined;
  /** True if everything that can be done now is done. */
  readonly whole: boolean;
  /**
   * The problem if cloudflared does not yet run the rules that close or narrow routes; undefined if
   * it does.
   */
  readonly late: Problem | undefined;
  readonly ms: number;
}

/** Shows each step as it ends. The app is created with `watch` and `onCall`; then `run` runs it. */
export interface StepRunner {
  readonly watch: AppOptions["watch"];
  readonly onCall: AppOptions["onCall"];
  /** Runs passes until nothing is left to do or too many fail. */
  run(app: Pick<App, "loop" | "inForce">, preview: DryRun): Promise<StepRunResult>;
}

/** How many passes may fail. Each starts a second or more after the one before. */
const MAX_PASSES = 4;

export function createStepRunner({ out, stop }: Pick<CommandContext, "out" | "stop">): StepRunner {
  const done: AnyChange[] = [];
  let lastNumber = 0;
  /** The numbers of failed steps: a retried step keeps its number. */
  const failed = new Map<string, number>();
  let lastReason: string | undefined;
  let last: PassOutcome | undefined;
  let planned: ObservedState | undefined;
  let progress: Progress = createProgress(out, 0);
  /**
   * The current wave: its start in milliseconds, its number of steps, and how many writes were
   * answered.
   */
  let wave = { began: 0, size: 0, written: 0 };

  const changed = (change: AnyChange, error: ServiceError | undefined): void => {
    if (error !== undefined && wasNotStarted(error, stop)) return;
    const key = nameOf(change);
    const number = failed.get(key) ?? lastNumber + 1;
    lastNumber = Math.max(lastNumber, number);
    if (error === undefined) failed.delete(key);
    else failed.set(key, number);
    if (planned === undefined) return;
    const line = changeLine(out, change, diffChange(change, planned), undefined, planned.tunnel);
    const time = `${((performance.now() - wave.began) / 1_000).toFixed(1)} s`;
    progress.line(
      `${out.mark(error === undefined ? "ok" : "fail")} ${String(number).padStart(3)} ${line}  ${out.paint("dim", time)}`,
    );
    if (error === undefined) done.push(change);
    else printError(error);
  };

  /** Prints an error, unless the step before failed with the same one. */
  const printError = ({ message, code, fix }: ServiceError): void => {
    const reason = [`${message}  ${code}`, `→ ${fix}`];
    if (reason.join() === lastReason) return;
    lastReason = reason.join();
    for (const text of reason) progress.line(`      ${text}`);
  };

  return {
    watch: {
      planned: (plan, _decision, observed) => {
        planned = observed;
        wave = { began: performance.now(), size: plan.changes.length, written: 0 };
      },
      changed,
      passed: (outcome) => {
        last = outcome;
      },
    },
    onCall: (_service, { method }) => {
      if (method === "GET") return;
      wave.written += 1;
      progress.at(done.length + Math.min(wave.written, wave.size));
    },
    run: async ({ loop, inForce }, preview) => {
      const began = performance.now();
      progress = createProgress(out, preview.steps.filter(({ afterGrace }) => !afterGrace).length);
      for (let tries = 0; tries < MAX_PASSES && !stop.aborted; tries++) {
        const nextMs = await loop.reconcile();
        // A terminal error needs a person, so a retry would not help.
        if (last?.result === "settled" || last?.errors.every(({ transient }) => !transient)) break;
        if (tries < MAX_PASSES - 1)
          await new Promise((over) => setTimeout(over, Math.min(nextMs, 10_000)));
      }
      const observed = stop.aborted ? undefined : last?.end?.observed;
      const late =
        observed === undefined || (await inForce(observed))
          ? undefined
          : diagnosePropagation(observed.tunnel.name);
      progress.end();
      return {
        done,
        left: withoutApplied(
          preview.steps.filter(({ afterGrace }) => !afterGrace),
          done,
        ),
        last,
        late,
        whole: last?.result === "settled" && !stop.aborted,
        ms: performance.now() - began,
      };
    },
  };
}

/** Removes each applied change once: an application may be changed twice. */
function withoutApplied(
  steps: readonly DryRunStep[],
  done: readonly AnyChange[],
): readonly DryRunStep[] {
  const names = done.map(nameOf);
  return steps.filter(({ change }) => {
    const at = names.indexOf(nameOf(change));
    if (at !== -1) names.splice(at, 1);
    return at === -1;
  });
}

const nameOf = (change: AnyChange): string =>
  `${change.action} ${resourceLabel(change)} ${subjectOf(change)}`;
