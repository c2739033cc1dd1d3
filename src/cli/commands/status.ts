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
  summary: "what the running daemon knows: each route, and what is the matter",
  help: [
    "Asks the daemon of the same container, and says what its page says: each route with its state and who may enter; why one",
    "is not live and what to do; who of Docker, Cloudflare and Authentik does not answer. It changes nothing.",
    "",
    "  --json   the answer of /api/routes as it is, for programs (docs/commands.md tells every field)",
    "",
    "Exit code: 0 all is well, or only warnings; 1 something needs somebody, nothing is known yet, or no daemon answers.",
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
      fix: "set CFAUTH_LISTEN as it is set for the daemon",
    };
  } catch (error) {
    return { fault: `no daemon answers at ${at} (${reasonOf(error)})`, fix: NO_DAEMON_FIX };
  }
}

const NO_DAEMON_FIX =
  "see whether it runs: docker compose ps cfauth, docker compose logs cfauth; then ask inside its container: docker compose exec cfauth cfauth status";

function reasonOf(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  return name === "TimeoutError"
    ? `within ${TIMEOUT_MS / 1_000} s`
    : (cause?.code ?? "no connection");
}
