import type { Owner } from "../../core/domain/owner.ts";
import type { CommandContext } from "./command.ts";
import { fetchReport } from "./daemon-client.ts";
import { address } from "./healthcheck.ts";

/**
 * The address of a writing daemon with this owner; undefined if none answers. Looks in this
 * container or on this machine, and in the Compose network under the service name, for a command
 * that runs in its own container. A daemon that is starting does not know its owner yet, and
 * counts.
 */
export async function findWritingDaemon(
  context: Pick<CommandContext, "env" | "readText">,
  owner: Owner,
): Promise<string | undefined> {
  const local = address(context);
  const found = await Promise.all(
    [local, local.replace(/\/\/.*:/, "//cfauth:")].map((at) => writingDaemonAt(at, owner)),
  );
  return found.find((at) => at !== undefined);
}

async function writingDaemonAt(at: string, owner: Owner): Promise<string | undefined> {
  try {
    const { report } = await fetchReport(at, 3_000);
    const ours =
      typeof report?.formatVersion === "string" && (report.owner === owner || report.owner === "");
    return ours && report.dryRun !== true ? at : undefined;
  } catch {
    return undefined;
  }
}
