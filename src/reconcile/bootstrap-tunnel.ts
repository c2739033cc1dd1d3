import { ServiceError } from "../core/errors.ts";
import { NOTHING_DESIRED } from "../core/plan/types.ts";
import type { Drivers } from "../resources/drivers.ts";
import { tunnelPrerequisite } from "../resources/tunnel/propose.ts";
import type { PassListener } from "./controller.ts";

/**
 * Creates the tunnel and hands its token to cloudflared before anything else is observed, so that
 * cloudflared connects while Authentik still starts for the first time. This opens nothing.
 *
 * Service errors are ignored: the pass that follows meets and reports them too.
 */
export async function bootstrapTunnel(
  driver: Drivers["tunnel"],
  changed: PassListener["changed"],
): Promise<void> {
  try {
    let observed = await driver.observe("all", undefined);
    for (;;) {
      const { changes } = tunnelPrerequisite.propose({ tunnel: observed }, NOTHING_DESIRED);
      const wave = changes.length === 0 ? undefined : await driver.apply(changes, observed);
      for (const change of wave?.applied ?? []) changed(change, undefined);
      if (wave === undefined || wave.failures.length > 0) return;
      observed = wave.observed;
    }
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
  }
}
