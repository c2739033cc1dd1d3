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
  summary: "what would be done now, in order; nothing is written",
  help: `Looks at containers, Cloudflare and Authentik, and tells what the next pass would do to its very end: by hostname,
each step with its number in the order of running. + is made, ~ is changed, - is removed, … waits, ! is a problem.
A change of who may enter says wider, narrower, different or PUBLIC. (known after 3) is what step 3 will make.

  --json   the same for programs; its shape is in docs/commands.md

Exit code: 0 nothing to do, 2 changes, 1 it could not be looked at, 78 faulty settings.
Problems and what waits are no changes.`,
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
