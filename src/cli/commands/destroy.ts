import type { Config } from "../../config/config.ts";
import type { Owner } from "../../core/domain/owner.ts";
import type { Problem } from "../../core/domain/problem.ts";
import { ZERO_TRUST } from "../../core/links.ts";
import { formatDuration } from "../../core/text/duration.ts";
import { pluralise } from "../../core/text/grammar.ts";
import { colourSign, problemLines } from "../../preview/lines.ts";
import { sectionLines, tunnelName } from "../../preview/text.ts";
import type { DryRun } from "../../reconcile/dry-run.ts";
import type { LeftOver } from "../../resources/contract/definition.ts";
import { countForeign } from "../../resources/count-foreign.ts";
import { listKept, listOwned, listUnseen } from "../../resources/teardown.ts";
import { type Command, type CommandContext, withConfig } from "./command.ts";
import { findWritingDaemon } from "./find-daemon.ts";
import { createOneShotApp, reportServiceErrors } from "./one-shot.ts";
import { errorLines, printLines } from "./print.ts";
import { createStepRunner, type StepRunResult } from "./step-runner.ts";

export const destroyCommand: Command = {
  name: "destroy",
  usage: "[--yes]",
  summary: "remove everything that this owner created, in a safe order; asks first",
  help: `Lists what it will remove and what stays, asks, and then removes each route from the outside in: first the DNS
record, then the ingress rule, and only then the protection. Authentik's own hostname goes last.
Foreign objects stay the same, byte for byte. The login method, provider and application stay while anyone else needs
them; the tunnel stays. If it is interrupted, run it again.
A running daemon would restore everything: stop it first.

  --yes   do not ask; required without a terminal

  docker compose stop cfauth && docker compose run --rm cfauth destroy

Exit code: 0 everything is removed; 1 something is left, or nothing was removed and the output says why;
78 invalid settings.`,
  options: { yes: { type: "boolean" } },
  run: (context, { yes }) =>
    withConfig(context, (config) => destroy(config, context, yes === true)),
};

function destroy(config: Config, context: CommandContext, yes: boolean): Promise<number> {
  const { out } = context;
  return reportServiceErrors(
    context,
    async () => {
      const steps = createStepRunner(context);
      const app = await createOneShotApp(config, context, { ...steps, teardown: true });
      const daemon = await findWritingDaemon(context, app.owner);
      const preview = await app.preview();
      printLines(
        out,
        `cfauth destroy · tunnel ${tunnelName(preview)} · owner ${app.owner}`,
        "",
        ...previewLines(preview, app.owner, config, context),
        "",
      );
      const isEmpty =
        preview.steps.length === 0 && listOwned(preview.before, app.owner).length === 0;
      const unseen = listUnseen(preview.before, app.owner);
      if (isEmpty && unseen.length > 0) {
        printLines(
          out,
          `No object of owner ${app.owner} was found, but not everything could be checked:`,
          ...unseen.map((it) => `    ${colourSign(out, "!")} ${formatLeftOver(it)}`),
        );
        return 1;
      }
      if (isEmpty) printLines(out, `Owner ${app.owner} has no objects.`);
      const refusal = isEmpty
        ? undefined
        : await refusalLines(config, context, app.owner, yes, daemon);
      if (refusal !== undefined) printLines(out, ...refusal);
      if (isEmpty || refusal !== undefined) return isEmpty ? 0 : 1;
      const result = await steps.run(app, preview);
      if (context.stop.aborted) {
        printLines(out, ...stoppedLines(result));
        return 1;
      }
      // After a complete run the state is known. Observing again could fail, because Authentik's
      // own hostname may be gone now.
      const after = result.whole ? result.last?.end?.observed : undefined;
      const known = after ?? (await app.observe(result.last?.end?.observed));
      const left = [...listOwned(known, app.owner), ...listUnseen(known, app.owner)];
      printLines(
        out,
        ...resultLines(result, left, app.owner, context),
        ...(result.late === undefined ? [] : propagationLines(result.late, context)),
      );
      return left.length === 0 && result.late === undefined ? 0 : 1;
    },
    (error) =>
      printLines(
        out,
        ...errorLines(out, error),
        `    The current state is safe. Once that is fixed, run cfauth destroy again: it continues where it stopped.`,
      ),
  );
}

/** Lists what will be removed and what stays. */
function previewLines(
  preview: DryRun,
  owner: Owner,
  { tunnel }: Config,
  { out }: CommandContext,
): readonly string[] {
  const file =
    tunnel.tokenFile === undefined
      ? []
      : [{ what: `the file ${tunnel.tokenFile}`, why: "it contains the tunnel's token" }];
  const stays = [...listKept(preview.after), ...file];
  const others = countForeign(preview.before);
  const login = preview.after.login.method === undefined ? [] : [DELETE_LOGIN_HINT];
  return [
    ...sectionLines(preview, owner, out),
    ...(preview.steps.length === 0 ? [] : [""]),
    `What stays: ${pluralise(others, "foreign object")}, byte for byte${stays.length === 0 ? "." : "; and"}`,
    ...stays.map((it) => `    ${formatLeftOver(it)}`),
    ...login,
    ...(preview.before.tunnel.tunnel === undefined
      ? []
      : [
          `    → to delete the tunnel too: ${ZERO_TRUST} → Networks → Tunnels, or cloudflared tunnel delete ${preview.before.tunnel.tunnel.name}`,
        ]),
  ];
}

const DELETE_LOGIN_HINT =
  "    → to delete the login anyway: Zero Trust → Settings → Authentication, then application and provider in Authentik";

const formatLeftOver = ({ what, why }: LeftOver): string =>
  why === undefined ? what : `${what}: ${why}`;

/** Why nothing may be removed; undefined if the removal may start. */
async function refusalLines(
  config: Config,
  { ask }: CommandContext,
  owner: Owner,
  yes: boolean,
  beside: string | undefined,
): Promise<readonly string[] | undefined> {
  if (config.dryRun) return ["CFAUTH_DRY_RUN is set: nothing was removed."];
  if (beside !== undefined)
    return [
      `Nothing was removed: a cfauth daemon with owner ${owner} runs at ${beside} and would restore everything.`,
      "    → stop it first: docker compose stop cfauth, then docker compose run --rm cfauth destroy",
    ];
  if (yes) return undefined;
  const answer = await ask(`Remove all of this? Type "${owner}" or "yes" to confirm: `);
  if (answer === undefined)
    return [
      "Nothing was removed: there is no terminal to ask at.",
      "    → cfauth destroy --yes removes it without asking",
    ];
  return [owner, "yes"].includes(answer.trim()) ? undefined : ["Nothing was removed."];
}

/** After Ctrl-C the rest is not observed again, because the user is not waiting for it. */
const stoppedLines = ({ done, left, ms }: StepRunResult): readonly string[] => [
  "",
  `Stopped: ${pluralise(done.length, "step")} done in ${formatDuration(ms)}, ${left.length} not. The current state is safe.`,
  "Run cfauth destroy again: it continues where it stopped.",
];

function resultLines(
  { done, last, ms }: StepRunResult,
  left: readonly LeftOver[],
  owner: Owner,
  { out }: CommandContext,
): readonly string[] {
  const count = `${pluralise(done.length, "step")} in ${formatDuration(ms)}`;
  if (left.length === 0)
    return [
      "",
      `Removed: no object of owner ${owner} is left (${count}). If cfauth starts again, it recreates what the labels request.`,
    ];
  return [
    "",
    ...(last?.end === undefined ? (last?.errors ?? []) : []).flatMap((error) =>
      errorLines(out, error),
    ),
    `Not everything was removed (${count}). Still there:`,
    ...left.map((it) => `    ${colourSign(out, "!")} ${formatLeftOver(it)}`),
    "The current state is safe. Run cfauth destroy again: it continues where it stopped.",
  ];
}

function propagationLines(problem: Problem, { out }: CommandContext): readonly string[] {
  const [what = "", ...then] = problemLines(out, problem);
  return [`${colourSign(out, "!")} ${what}`, ...then.map((line) => `    ${line}`)];
}
