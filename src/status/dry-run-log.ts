import type { Log } from "../log/log.ts";
import type { DryRun } from "../reconcile/dry-run.ts";
import { routeKeyOfChange, subjectOf } from "../resources/describe.ts";
import { changeFields } from "./log-sink.ts";

/** A dry run's plan in the log: a line for each step, in the order of running, and again only when they are others. */
export function createDryRunLog(log: Log): (preview: DryRun) => void {
  let told: string | undefined;
  return ({ steps, desired }) => {
    const lines = steps.map(({ number, change, diff, afterGrace }) => {
      const route = routeKeyOfChange(change);
      const exposure = [...desired.exposures.values()].find(
        (it) => it.route.hostname === route?.hostname,
      );
      const place =
        route === undefined
          ? { name: subjectOf(change) }
          : { route, container: exposure?.workload };
      return {
        step: number,
        ...changeFields(change, place, diff),
        ...(afterGrace && { when: "its grace period has ended" }),
      };
    });
    const text = JSON.stringify(lines);
    if (text === told) return;
    told = text;
    for (const line of lines) log.info(line, "planned");
    log.info(
      { steps: lines.length },
      lines.length === 0 ? "nothing to do" : "nothing is written in a dry run",
    );
  };
}
