/** The daemon, as a process of its own, and everything by which the chapters follow it. */

import { type Daemon, startDaemon } from "../../test/e2e/daemon.ts";
import { followJournal } from "./journal.ts";
import type { Running, Telling } from "./telling.ts";

/** How long cfauth waits for a container to come back. A minute, unless told; nobody wants to watch that. */
export const GRACE = "2s";

/** Whose marks the daemon sets. */
export const OWNER = "demo";

/** How long the daemon may take to end, in milliseconds; it gives its last call four seconds. */
const END_MS = 10_000;

/** @param left - ends the daemon, when all is over */
export async function runDaemon(telling: Telling, left: AsyncDisposableStack): Promise<Running> {
  const { sandbox, network } = telling.stage;
  const { paper } = telling;
  let begun = performance.now();
  let firstLine = 0;
  const clock = (): number => performance.now() - begun;
  const journal = followJournal(sandbox, (deed) => paper.deed(deed, clock()));
  const grace = { CFAUTH_GRACE_PERIOD: GRACE, CFAUTH_STARTUP_GRACE_PERIOD: GRACE };
  const daemon = await startDaemon({
    ...sandbox.environment,
    ...grace,
    CFAUTH_OWNER: OWNER,
    CFAUTH_NETWORK: network,
  });
  left.defer(() => ended(daemon));
  // Also where the demo is told to quit at once.
  process.once("exit", () => daemon.kill());
  const begin = (): void => {
    begun = performance.now();
    firstLine = daemon.lines.length;
    journal.clear();
  };
  const logged = (): number =>
    daemon.lines.slice(firstLine).filter(({ msg }) => msg === "applied").length;
  return { ...telling, daemon, journal, begin, clock, alive: lifeOf(daemon), logged };
}

function lifeOf(daemon: Daemon): () => true {
  let over = false;
  void daemon.exited.then(() => {
    over = true;
  });
  return () => {
    if (over) throw new Error("cfauth has ended by itself.");
    return true;
  };
}

async function ended(daemon: Daemon): Promise<void> {
  const late = setTimeout(() => daemon.kill(), END_MS);
  await daemon.stop();
  clearTimeout(late);
}
