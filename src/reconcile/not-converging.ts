import { isDeepStrictEqual } from "node:util";
import { ServiceError } from "../core/errors.ts";
import { redactPersonalData } from "../core/text/redact.ts";
import { resourceLabel, subjectOf } from "../resources/describe.ts";
import { type AnyChange, definitionOf } from "../resources/registry.ts";

/** How often the same change is made in one pass. */
const MAX_REPEATS = 2;

/**
 * Whether the change was made twice in this pass and is proposed again: something undoes it, or
 * reads are late.
 */
export const isNotConverging = (change: AnyChange, applied: readonly AnyChange[]): boolean =>
  applied.filter((it) => it.key === change.key && isDeepStrictEqual(it, change)).length >=
  MAX_REPEATS;

/** The service answered that the change was made, but a later read does not show it. */
export function notConvergingError(change: AnyChange): ServiceError {
  const service = definitionOf(change).service(change);
  const [code, vendor] =
    service === "authentik"
      ? (["CFA-AK-REFUSED", "Authentik"] as const)
      : (["CFA-CF-REFUSED", "Cloudflare"] as const);
  const subject = redactPersonalData(subjectOf(change));
  return new ServiceError({
    service,
    code,
    message: `${vendor} accepted the ${resourceLabel(change)} ${subject} as it was sent, but a later read shows something else`,
    fix: "nothing to do if it goes away; if it lasts, check whether something else changes it, otherwise please report this",
    transient: false,
  });
}
