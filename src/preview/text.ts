import type { Owner } from "../core/domain/owner.ts";
import { pluralise } from "../core/text/grammar.ts";
import type { DryRun } from "../reconcile/dry-run.ts";
import { counts, describeUntouched } from "./counts.ts";
import { changeLine, colourSign, type Paint, problemLines } from "./lines.ts";
import { type PlanSection, planSections } from "./sections.ts";

/** Column width of the hostname; a longer one pushes its title to the right. */
const HOSTNAME_WIDTH = 28;

export const tunnelName = ({ before: { tunnel } }: Pick<DryRun, "before">): string =>
  tunnel.tunnel?.name ?? tunnel.name;

/** Every change, pending route and problem, grouped by hostname. */
export const sectionLines = (preview: DryRun, owner: Owner, out: Paint): readonly string[] =>
  planSections(preview, owner).flatMap((group) => [
    headingLine(group, out),
    ...stepLines(group, preview, out),
    ...remainingLines(group, out),
  ]);

function headingLine({ mark, hostname, title, steps }: PlanSection, out: Paint): string {
  const name = hostname ?? (steps.length === 0 ? "no single route" : "all routes");
  const gap = " ".repeat(Math.max(2, HOSTNAME_WIDTH - name.length));
  return `${colourSign(out, mark)} ${out.paint("bold", name)}${gap}${title}`.trimEnd();
}

function stepLines(
  { hostname, steps }: PlanSection,
  { steps: all, before }: DryRun,
  out: Paint,
): readonly string[] {
  const width = String(all.length).length;
  return steps.map(
    ({ number, change, diff }) =>
      `    ${String(number).padStart(width)} ${changeLine(out, change, diff, hostname, before.tunnel)}`,
  );
}

/** Pending routes and problems. A section that only waits has said so in its heading. */
function remainingLines(
  { mark, hostname, waiting, problems }: PlanSection,
  out: Paint,
): readonly string[] {
  const waits = mark === "…" ? [] : waiting;
  return [
    ...waits.map(
      ({ route, reason }) =>
        `    ${colourSign(out, "…")} ${route === hostname ? "" : `${route}: `}waiting for ${reason}`,
    ),
    ...problems.flatMap((problem) => {
      const [what = "", ...then] = problemLines(out, problem);
      return [`    ${colourSign(out, "!")} ${what}`, ...then.map((line) => `      ${line}`)];
    }),
  ];
}

/** The totals of the plan, and that nothing was written. */
export function closingLines(preview: DryRun): readonly string[] {
  const count = counts(preview);
  const { steps, end } = preview;
  const aside = [
    ...(count.waiting > 0 ? [`${count.waiting} waiting`] : []),
    ...(count.problems > 0 ? [pluralise(count.problems, "problem")] : []),
    describeUntouched(count),
  ];
  if (steps.length === 0) {
    const routes = `${pluralise(end.live.length, "route")} ${end.live.length === 1 ? "matches" : "match"} the labels`;
    return [`No changes. ${[routes, ...aside].join(" · ")}.`];
  }
  const later = steps.filter((step) => step.afterGrace).length;
  return [
    `${[`Plan: ${totalLines(preview)}`, ...aside].join(" · ")}.`,
    ...(later === 0 ? [] : [`${pluralise(later, "step is", "steps are")} ${AFTER_GRACE_NOTE}`]),
    later === steps.length
      ? "Nothing was written."
      : "Nothing was written. cfauth apply makes these changes now; a running daemon makes them by itself.",
  ];
}

export function totalLines(preview: DryRun): string {
  const count = counts(preview);
  return `${count.create} to add, ${count.update} to change, ${count.delete} to remove`;
}

const AFTER_GRACE_NOTE =
  "left to the daemon until the grace period of a gone container ends (CFAUTH_GRACE_PERIOD, or CFAUTH_STARTUP_GRACE_PERIOD if it was already gone at startup).";
