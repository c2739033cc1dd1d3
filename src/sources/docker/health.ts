import type { Health } from "../../core/domain/workload.ts";
import type { ListedContainer } from "./container.ts";

const KNOWN: readonly Health[] = ["none", "starting", "healthy", "unhealthy"];

/**
 * Reads a container's health. Newer engines have a field for it; older ones show it only in the
 * status text. The text of a paused or restarting container has no health. Such a container cannot
 * answer now, so it counts as starting.
 *
 * | Status                            | health    |
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
  const reported = KNOWN.find((it) => it === field?.Status);
  if (reported !== undefined) return reported;
  const text = / \((?:health: )?(starting|healthy|unhealthy)\)$/.exec(Status)?.[1];
  return (
    KNOWN.find((it) => it === text) ??
    (State === "paused" || State === "restarting" ? "starting" : "none")
  );
}
