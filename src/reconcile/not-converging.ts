import { isDeepStrictEqual } from "node:util";
import { ServiceError } from "../core/errors.ts";
import { redactPersonalData } from "../core/text/redact.ts";
import { resourceLabel, subjectOf } from "../resources/describe.ts";
import type { AnyChange } from "../resources/registry.ts";

/** How often one and the same change is made in a pass. */
const MOST = 2;

/** Whether the change was made twice and is asked for once more all the same: nobody keeps it, or what is read is late. */
export const isNotConverging = (change: AnyChange, done: readonly AnyChange[]): boolean =>
  done.filter((it) => it.key === change.key && isDeepStrictEqual(it, change)).length >= MOST;

/** What was answered as done, and is not so. */
export function notConvergingError(change: AnyChange): ServiceError {
  const authentik =
    change.kind === "tile" || (change.kind === "login" && !change.key.startsWith("login-method"));
  const [service, code, vendor] = authentik
    ? (["authentik", "CFA-AK-REFUSED", "Authentik"] as const)
    : (["cloudflare", "CFA-CF-REFUSED", "Cloudflare"] as const);
  return new ServiceError({
    service,
    code,
    message: `${vendor} took the ${resourceLabel(change)} ${redactPersonalData(subjectOf(change))} as it was sent, and then does not have it so`,
    fix: "nothing to do if it passes; if it lasts, see whether anything else changes it, else please report this",
    transient: false,
  });
}
