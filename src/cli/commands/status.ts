import { shownJson } from "../../core/text/json-text.ts";
import type { Report } from "../../status/report.ts";
import { terminalLines } from "../../status/terminal-view.ts";
import { healthy } from "../../status/wording.ts";
import type { Command, CommandContext } from "./command.ts";
import { fetchReport } from "./daemon-client.ts";
import { address } from "./healthcheck.ts";
import { printLines } from "./print.ts";

export const statusCommand: Command = {
  name: "status",
  usage: "[--json]",
  summary: "show what the running daemon knows: each route and every problem",
  help: [
    "Asks the daemon in the same container and shows what its status page shows: each route with its state and who may",
    "enter; why a route is not live and what to do; which service does not answer. It changes nothing.",
    "",
    "  --json   the response of /api/routes, for programs (docs/commands.md describes every field)",
    "",
    "Exit code: 0 healthy, or only warnings; 1 something needs attention, nothing is known yet, or no daemon answers.",
    "",
    "  docker compose exec cfauth cfauth status",
    "  cfauth status --json | jq '.routes[] | select(.state != \"live\")'",
  ].join("\n"),
  options: { json: { type: "boolean" } },
  run: (context, { json }) => status(context, address(context), json === true),
};

/** Time limit for the daemon, in milliseconds. It answers from memory. */
const TIMEOUT_MS = 5_000;

async function status({ out, err }: CommandContext, at: string, asJson: boolean): Promise<0 | 1> {
  const answer = await askDaemon(at);
  if ("fault" in answer) {
    printLines(err, `${err.mark("fail")} ${answer.fault}`, `    → ${answer.fix}`);
    return 1;
  }
  out.write(
    asJson ? shownJson(answer.text) : out.lines(...terminalLines(answer.report, out, Date.now())),
  );
  return healthy(answer.report) ? 0 : 1;
}

type Answer =
  | { readonly text: string; readonly report: Report }
  | { readonly fault: string; readonly fix: string };

async function askDaemon(at: string): Promise<Answer> {
  try {
    const { ok, text, report } = await fetchReport(at, TIMEOUT_MS);
    if (ok && report?.formatVersion?.startsWith("1.")) return { text, report: report as Report };
    return {
      fault: `what answers at ${at} is not cfauth`,
      fix: "set CFAUTH_LISTEN to the same value as for the daemon",
    };
  } catch (error) {
    return { fault: `no daemon answers at ${at} (${reasonOf(error)})`, fix: NO_DAEMON_FIX };
  }
}

const NO_DAEMON_FIX =
  "check that it runs: docker compose ps cfauth, docker compose logs cfauth; then run the command inside its container: docker compose exec cfauth cfauth status";

function reasonOf(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  return name === "TimeoutError"
    ? `within ${TIMEOUT_MS / 1_000} s`
    : (cause?.code ?? "no connection");
}
