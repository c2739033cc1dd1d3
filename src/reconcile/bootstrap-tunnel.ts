import { ServiceError } from "../core/errors.ts";
import { NOTHING_DESIRED } from "../core/plan/types.ts";
import type { Drivers } from "../resources/drivers.ts";
import { tunnelPrerequisite } from "../resources/tunnel/propose.ts";
import type { PassListener } from "./controller.ts";

/**
 * Makes the tunnel and hands its token to cloudflared, before anything else is looked at: so cloudflared connects while Authentik
 * still starts for the first time. Nothing is opened by it. What fails is left to the pass that follows, which meets it as well.
 */
export async function bootstrapTunnel(
  hand: Drivers["tunnel"],
  changed: PassListener["changed"],
): Promise<void> {
  try {
    let seen = await hand.observe("all", undefined);
    for (;;) {
      const { changes } = tunnelPrerequisite.propose({ tunnel: seen }, NOTHING_DESIRED);
      const wave = changes.length === 0 ? undefined : await hand.apply(changes, seen);
      for (const change of wave?.applied ?? []) changed(change, undefined);
      if (wave === undefined || wave.failures.length > 0) return;
      seen = wave.observed;
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
  }
}
