import type { Log } from "../log/log.ts";
import type { DryRun } from "../reconcile/dry-run.ts";
import { routeKeyOfChange, subjectOf } from "../resources/describe.ts";
import { changeFields } from "./log-sink.ts";

/**
 * Logs the plan of a dry run, one line for each step in the order of execution. Logs it again only
 * when the plan differs.
 */
export function createDryRunLog(log: Log): (preview: DryRun) => void {
  let lastLogged: string | undefined;
  return ({ steps, desired }) => {
    const lines = steps.map(({ number, change, diff, afterGrace }) => {
      const route = routeKeyOfChange(change);
      const exposure = [...desired.exposures.values()].find(
        (it) => it.route.hostname === route?.hostname,
      );
      const target =
        route === undefined
          ? { name: subjectOf(change) }
          : { route, container: exposure?.workload };
      return {
        step: number,
        ...changeFields(change, target, diff),
        ...(afterGrace && { when: "its grace period has ended" }),
      };
    });
    const text = JSON.stringify(lines);
    if (text === lastLogged) return;
    lastLogged = text;
    for (const line of lines) log.info(line, "planned");
    log.info(
      { steps: lines.length },
      lines.length === 0 ? "nothing to do" : "nothing is written in a dry run",
    );
  };
}
