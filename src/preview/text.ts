import type { Owner } from "../core/domain/owner.ts";
import { pluralise } from "../core/text/grammar.ts";
import type { DryRun } from "../reconcile/dry-run.ts";
import { counts, describeUntouched } from "./counts.ts";
import { changeLine, colourSign, type Paint, problemLines } from "./lines.ts";
import { type PlanSection, planSections } from "./sections.ts";

/** Of the hostname in front of what is said of it; longer ones push it on. */
const HOSTNAME = 28;

export const tunnelName = ({ before: { tunnel } }: Pick<DryRun, "before">): string =>
  tunnel.tunnel?.name ?? tunnel.name;

/** Everything that is to be done, waits or is wrong, by hostname. */
export const sectionLines = (preview: DryRun, owner: Owner, out: Paint): readonly string[] =>
  planSections(preview, owner).flatMap((group) => [
    headOf(group, out),
    ...stepLines(group, preview, out),
    ...asideLines(group, out),
  ]);

function headOf({ mark, hostname, title, steps }: PlanSection, out: Paint): string {
  const name = hostname ?? (steps.length === 0 ? "not about one route" : "for all routes");
  return `${colourSign(out, mark)} ${out.paint("bold", name)}${" ".repeat(Math.max(2, HOSTNAME - name.length))}${title}`.trimEnd();
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

/** What waits and what is wrong; a group of nothing but waiting has said it in its head. */
function asideLines(
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

/** What is to be done in numbers, and that nothing of it was done. */
export function closingLines(preview: DryRun): readonly string[] {
  const count = counts(preview);
  const { steps, end } = preview;
  const aside = [
    ...(count.waiting > 0 ? [`${count.waiting} waiting`] : []),
    ...(count.problems > 0 ? [pluralise(count.problems, "problem")] : []),
    describeUntouched(count),
  ];
  if (steps.length === 0) {
    const routes = `${pluralise(end.live.length, "route")} ${end.live.length === 1 ? "is" : "are"} as the labels say`;
    return [`No changes. ${[routes, ...aside].join(" · ")}.`];
  }
  const later = steps.filter((step) => step.afterGrace).length;
  return [
    `${[`Plan: ${totalLines(preview)}`, ...aside].join(" · ")}.`,
    ...(later === 0 ? [] : [`${pluralise(later, "step is", "steps are")} ${GRACE}`]),
    later === steps.length
      ? "Nothing was written."
      : "Nothing was written. cfauth apply does it now; a running daemon does it by itself.",
  ];
}

export function totalLines(preview: DryRun): string {
  const count = counts(preview);
  return `${count.create} to add, ${count.update} to change, ${count.delete} to remove`;
}

const GRACE =
  "the daemon's alone, when CFAUTH_GRACE_PERIOD of a gone container ends (CFAUTH_STARTUP_GRACE_PERIOD where it was gone at the start).";
