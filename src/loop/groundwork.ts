import { WorldError } from "../errors.ts";
import type { Hands } from "../kinds/hands.ts";
import { tunnel } from "../kinds/tunnel/propose.ts";
import { NOTHING_DESIRED } from "../plan/desired.ts";
import type { Observer } from "./loop.ts";

/**
 * Makes the tunnel and hands its token to cloudflared, before anything else is looked at: so cloudflared connects while Authentik
 * still starts for the first time. Nothing is opened by it. What fails is left to the pass that follows, which meets it as well.
 */
export async function groundwork(hand: Hands["tunnel"], changed: Observer["changed"]): Promise<void> {
  try {
    let seen = await hand.observe("all", undefined);
    for (;;) {
      const { changes } = tunnel.propose({ tunnel: seen }, NOTHING_DESIRED);
      const wave = changes.length === 0 ? undefined : await hand.apply(changes, seen);
      for (const change of wave?.done ?? []) changed(change, undefined);
      if (wave === undefined || wave.failures.length > 0) return;
      seen = wave.seen;
    }
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
  }
}
