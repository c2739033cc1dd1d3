import type { Health } from "../../core/domain/workload.ts";
import type { ListedContainer } from "./container.ts";

const KNOWN: readonly Health[] = ["none", "starting", "healthy", "unhealthy"];

/**
 * Newer engines have a field for it; of the others only the text tells, which a container that is paused or is just being
 * restarted has no room for: it cannot answer now, so it counts as starting.
 *
 * | Status                            | is        |
 * |-----------------------------------|-----------|
 * | Up 5 minutes                      | none      |
 * | Up 3 seconds (health: starting)   | starting  |
 * | Up 5 minutes (healthy)            | healthy   |
 * | Up 5 minutes (unhealthy)          | unhealthy |
 * | Up 5 minutes (Paused)             | starting  |
 * | Restarting (1) 4 seconds ago      | starting  |
 */
export function healthOf({
  Health: field,
  State,
  Status,
}: Pick<ListedContainer, "Health" | "State" | "Status">): Health {
  const said = KNOWN.find((it) => it === field?.Status);
  if (said !== undefined) return said;
  const text = / \((?:health: )?(starting|healthy|unhealthy)\)$/.exec(Status)?.[1];
  return (
    KNOWN.find((it) => it === text) ??
    (State === "paused" || State === "restarting" ? "starting" : "none")
  );
}
