import type { Config } from "../../config/config.ts";
import type { Terminal } from "../../core/terminal.ts";
import { formatDuration } from "../../core/text/duration.ts";
import { pluralise } from "../../core/text/grammar.ts";
import { changeLine, colourSign, problemLines } from "../../preview/lines.ts";
import { closingLines, sectionLines, tunnelName } from "../../preview/text.ts";
import type { DryRun } from "../../reconcile/dry-run.ts";
import { deployedRoutes } from "../../resources/route/deployed.ts";
import { withActualEffect } from "../../status/problem-effect.ts";
import { type Command, type CommandContext, withConfig } from "./command.ts";
import { createOneShotApp, reportServiceErrors, wasNotStarted } from "./one-shot.ts";
import { errorLines, printLines } from "./print.ts";
import { createStepRunner, type StepRunResult } from "./step-runner.ts";

export const applyCommand: Command = {
  name: "apply",
  usage: "",
  summary: "apply the plan now, step by step, then exit",
  help: `Does what the daemon would do now, shows each step as it completes, then exits. It does not ask: cfauth plan shows
the steps beforehand. Routes of a container that is gone are left to the daemon, which knows how long it has been gone.

Exit code: 0 done; 1 something failed: the output says what was done, what was not and what to do; 78 invalid settings.`,
  options: {},
  run: (context) => withConfig(context, (config) => apply(config, context)),
};

function apply(config: Config, context: CommandContext): Promise<number> {
  const { out, stop } = context;
  return reportServiceErrors(
    context,
    async () => {
      const steps = createStepRunner(context);
      const app = await createOneShotApp(config, context, steps);
      const preview = await app.preview();
      printLines(out, `cfauth apply · tunnel ${tunnelName(preview)} · owner ${app.owner}`, "");
      if (config.dryRun) {
        printLines(
          out,
          ...sectionLines(preview, app.owner, out),
          "",
          ...closingLines(preview).slice(0, 1),
          "CFAUTH_DRY_RUN is set: nothing was written.",
        );
        return 0;
      }
      const result = await steps.run(app, preview);
      printLines(
        out,
        ...outcomeLines(result, context),
        ...(result.whole ? summaryLines(result) : unfinishedLines(result, preview, out, stop)),
      );
      return result.whole && result.late === undefined ? 0 : 1;
    },
    (error) => printLines(out, ...errorLines(out, error)),
  );
}

/** The lines after the last step: pending routes, what is left to the daemon, and problems. */
function outcomeLines(
  { last, late }: StepRunResult,
  { out, stop }: CommandContext,
): readonly string[] {
  if (last?.end === undefined)
    return (last?.errors ?? [])
      .filter((error) => !wasNotStarted(error, stop))
      .flatMap((error) => errorLines(out, error));
  // The person who stopped the command does not need to hear what is still pending.
  if (stop.aborted) return [];
  const { plan, decision, observed } = last.end;
  return [
    ...[...decision.desired.graceDeadlines.keys()].map(
      (key) =>
        `${colourSign(out, "…")} ${key}  its container is gone: the daemon removes it when the grace period ends`,
    ),
    ...plan.pending.map(
      ({ route, reason }) => `${colourSign(out, "…")} ${route}  waiting for ${reason}`,
    ),
    ...withActualEffect(
      [...plan.problems, ...(late === undefined ? [] : [late])],
      deployedRoutes(observed),
      decision.desired,
    ).flatMap((problem) => {
      const [what = "", ...then] = problemLines(out, problem);
      return [
        `${colourSign(out, "!")} ${problem.route === undefined ? "" : `${problem.route}  `}${what}`,
        ...then.map((line) => `    ${line}`),
      ];
    }),
  ];
}

function summaryLines({ done, last, ms }: StepRunResult): readonly string[] {
  const { live, pending, problems } = last?.end?.plan ?? { live: [], pending: [], problems: [] };
  const routes = `${live.length} live, ${pending.length} waiting, ${pluralise(problems.length, "problem")}.`;
  return [
    `${done.length === 0 ? "No changes." : `Done: ${pluralise(done.length, "step")} in ${formatDuration(ms)}.`} ${routes}`,
  ];
}

/** The changes that were not applied, and what to do. */
function unfinishedLines(
  { done, left }: StepRunResult,
  preview: DryRun,
  out: Terminal,
  stop: AbortSignal,
): readonly string[] {
  return [
    "",
    `${stop.aborted ? "Stopped" : "Not finished"}: ${pluralise(done.length, "step")} done, ${left.length} not:`,
    ...left
      .slice(0, MAX_LISTED)
      .map(
        ({ change, diff }) =>
          `    ${withoutStepReference(changeLine(out, change, diff, undefined, preview.before.tunnel))}`,
      ),
    ...(left.length > MAX_LISTED
      ? [`    … and ${left.length - MAX_LISTED} more; cfauth plan lists them all`]
      : []),
    "The current state is safe: a route opens only after its protection is confirmed. The next run continues from here.",
    `${stop.aborted ? "Run" : "Fix the problem above and run"} cfauth apply again; a running daemon retries by itself.`,
  ];
}

/** How many of the unapplied changes are listed. */
const MAX_LISTED = 12;

/** Removes references to step numbers, because this list has none. */
const withoutStepReference = (line: string): string =>
  line.replace(/, for \(known after \d+\)/, "");
