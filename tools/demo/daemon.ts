/** Starts the daemon as its own process, with everything that the chapters need to follow it. */

import { type Daemon, startDaemon } from "../../test/e2e/daemon.ts";
import type { DemoContext, RunningDemo } from "./context.ts";
import { followJournal } from "./journal.ts";

/** How long cfauth waits for a container to return. The default of a minute is too long for a demo. */
export const GRACE = "2s";

/** The owner in the daemon's marks. */
export const OWNER = "demo";

/** How long the daemon may take to exit, in milliseconds; it allows its last call four seconds. */
const END_MS = 10_000;

/** @param left - stops the daemon at the end */
export async function runDaemon(
  context: DemoContext,
  left: AsyncDisposableStack,
): Promise<RunningDemo> {
  const { sandbox, network } = context.setup;
  const { output } = context;
  let begun = performance.now();
  let firstLine = 0;
  const clock = (): number => performance.now() - begun;
  const journal = followJournal(sandbox, (entry) => output.entry(entry, clock()));
  const grace = { CFAUTH_GRACE_PERIOD: GRACE, CFAUTH_STARTUP_GRACE_PERIOD: GRACE };
  const daemon = await startDaemon({
    ...sandbox.environment,
    ...grace,
    CFAUTH_OWNER: OWNER,
    CFAUTH_NETWORK: network,
  });
  left.defer(() => ended(daemon));
  // Also if the demo quits at once.
  process.once("exit", () => daemon.kill());
  const begin = (): void => {
    begun = performance.now();
    firstLine = daemon.lines.length;
    journal.clear();
  };
  const logged = (): number =>
    daemon.lines.slice(firstLine).filter(({ msg }) => msg === "applied").length;
  return { ...context, daemon, journal, begin, clock, alive: aliveCheck(daemon), logged };
}

function aliveCheck(daemon: Daemon): () => true {
  let over = false;
  void daemon.exited.then(() => {
    over = true;
  });
  return () => {
    if (over) throw new Error("cfauth exited unexpectedly.");
    return true;
  };
}

async function ended(daemon: Daemon): Promise<void> {
  const late = setTimeout(() => daemon.kill(), END_MS);
  await daemon.stop();
  clearTimeout(late);
}
