import type { Owner } from "../../core/domain/owner.ts";
import type { CommandContext } from "./command.ts";
import { fetchReport } from "./daemon-client.ts";
import { address } from "./healthcheck.ts";

/**
 * Where a daemon of this owner answers that writes: in this container or on this machine, or in Compose's network under the name
 * of the service, for a command that runs in a container of its own. Undefined where none does. One that is just starting does
 * not know its owner yet, and counts.
 */
export async function findWritingDaemon(
  context: Pick<CommandContext, "env" | "readText">,
  owner: Owner,
): Promise<string | undefined> {
  const here = address(context);
  const found = await Promise.all(
    [here, here.replace(/\/\/.*:/, "//cfauth:")].map((at) => writing(at, owner)),
  );
  return found.find((at) => at !== undefined);
}

async function writing(at: string, owner: Owner): Promise<string | undefined> {
  try {
    const { report } = await fetchReport(at, 3_000);
    const ours =
      typeof report?.formatVersion === "string" && (report.owner === owner || report.owner === "");
    return ours && report.dryRun !== true ? at : undefined;
  } catch {
    return undefined;
  }
}
