import type { Config } from "../../config/config.ts";
import { jsonDocument } from "../../core/text/json-text.ts";
import { failureReport, planReport } from "../../preview/json.ts";
import { closingLines, sectionLines, tunnelName } from "../../preview/text.ts";
import { type Command, type CommandContext, withConfig } from "./command.ts";
import { createOneShotApp, reportServiceErrors } from "./one-shot.ts";
import { errorLines, printLines } from "./print.ts";

export const planCommand: Command = {
  name: "plan",
  usage: "[--json]",
  summary: "show what would change now, in order; write nothing",
  help: `Reads containers, Cloudflare and Authentik, and shows everything that the next pass would do: by hostname, each step
with its number in order of execution. + create, ~ change, - remove, … waiting, ! problem.
A change of who may enter is marked wider, narrower, different or PUBLIC. (known after 3): step 3 creates the value.

  --json   the same for programs; docs/commands.md describes the format

Exit code: 0 nothing to do; 2 changes; 1 something could not be read; 78 invalid settings.
Problems and waiting routes do not count as changes.`,
  options: { json: { type: "boolean" } },
  run: (context, { json }) => withConfig(context, (config) => plan(config, context, json === true)),
};

const plan = (config: Config, context: CommandContext, json: boolean): Promise<number> => {
  const { out } = context;
  return reportServiceErrors(
    context,
    async () => {
      const app = await createOneShotApp(config, context);
      const preview = await app.preview();
      if (json) out.write(jsonDocument(planReport(preview, app.owner)));
      else {
        const head = `cfauth plan · tunnel ${tunnelName(preview)} · owner ${app.owner}`;
        const body = sectionLines(preview, app.owner, out);
        printLines(
          out,
          head,
          "",
          ...body,
          ...(body.length === 0 ? [] : [""]),
          ...closingLines(preview),
        );
      }
      return preview.steps.length === 0 ? 0 : 2;
    },
    (error) =>
      json
        ? out.write(jsonDocument(failureReport(error)))
        : printLines(out, ...errorLines(out, error)),
  );
};
