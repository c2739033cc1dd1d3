import { listenUrl, parseListen } from "../../config/listen.ts";
import { readEnvironment } from "../../config/read-environment.ts";
import type { Command, CommandContext } from "./command.ts";

export const healthcheckCommand: Command = {
  name: "healthcheck",
  usage: "",
  summary: "check that the local daemon is healthy; for HEALTHCHECK",
  help: `Asks the daemon in the same container. It is healthy while its passes end, with or without success: an outage of
Cloudflare is no reason to restart cfauth.

Exit code: 0 healthy; 1 unhealthy or no answer.`,
  options: {},
  run: (context) => healthcheck(address(context)),
};

/** Asks the local daemon whether it is healthy, for HEALTHCHECK in an image without a shell. */
export async function healthcheck(address: string): Promise<0 | 1> {
  try {
    const answer = await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(3_000) });
    return answer.ok ? 0 : 1;
  } catch {
    return 1;
  }
}

/**
 * The address of the daemon in the same container. Reads this one setting alone, because the
 * daemon's secrets may be absent.
 */
export function address({ env, readText }: Pick<CommandContext, "env" | "readText">): string {
  const { texts } = readEnvironment(env, ["CFAUTH_LISTEN"], readText);
  const listen = parseListen(texts["CFAUTH_LISTEN"] ?? "0.0.0.0:8080");
  return listenUrl(listen.ok ? listen.value : { host: "0.0.0.0", port: 8080 });
}
