import { many } from "../domain/grammar.ts";
import type { Owner } from "../domain/owner.ts";
import type { Preview } from "../loop/preview.ts";
import { counts, untouched } from "./counts.ts";
import { type Group, groups } from "./groups.ts";
import { changeLine, type Paint, painted, problemLines } from "./lines.ts";

/** Of the hostname in front of what is said of it; longer ones push it on. */
const HOSTNAME = 28;

export const tunnelName = ({ before: { tunnel } }: Pick<Preview, "before">): string => tunnel.tunnel?.name ?? tunnel.name;

/** Everything that is to be done, waits or is wrong, by hostname. */
export const grouped = (preview: Preview, owner: Owner, out: Paint): readonly string[] =>
  groups(preview, owner).flatMap((group) => [headOf(group, out), ...stepLines(group, preview, out), ...asideLines(group, out)]);

function headOf({ mark, hostname, title, steps }: Group, out: Paint): string {
  const name = hostname ?? (steps.length === 0 ? "not about one route" : "for all routes");
  return `${painted(out, mark)} ${out.paint("bold", name)}${" ".repeat(Math.max(2, HOSTNAME - name.length))}${title}`.trimEnd();
}

function stepLines({ hostname, steps }: Group, { steps: all, before }: Preview, out: Paint): readonly string[] {
  const width = String(all.length).length;
  return steps.map(
    ({ number, change, difference }) =>
      `    ${String(number).padStart(width)} ${changeLine(out, change, difference, hostname, before.tunnel)}`,
  );
}

/** What waits and what is wrong; a group of nothing but waiting has said it in its head. */
function asideLines({ mark, hostname, waiting, problems }: Group, out: Paint): readonly string[] {
  const waits = mark === "…" ? [] : waiting;
  return [
    ...waits.map(({ route, reason }) => `    ${painted(out, "…")} ${route === hostname ? "" : `${route}: `}waiting for ${reason}`),
    ...problems.flatMap((problem) => {
      const [what = "", ...then] = problemLines(out, problem);
      return [`    ${painted(out, "!")} ${what}`, ...then.map((line) => `      ${line}`)];
    }),
  ];
}

/** What is to be done in numbers, and that nothing of it was done. */
export function closing(preview: Preview): readonly string[] {
  const count = counts(preview);
  const { steps, end } = preview;
  const aside = [
    ...(count.waiting > 0 ? [`${count.waiting} waiting`] : []),
    ...(count.problems > 0 ? [many(count.problems, "problem")] : []),
    untouched(count),
  ];
  if (steps.length === 0) {
    const routes = `${many(end.live.length, "route")} ${end.live.length === 1 ? "is" : "are"} as the labels say`;
    return [`No changes. ${[routes, ...aside].join(" · ")}.`];
  }
  const later = steps.filter((step) => step.later).length;
  return [
    `${[`Plan: ${totals(preview)}`, ...aside].join(" · ")}.`,
    ...(later === 0 ? [] : [`${many(later, "step is", "steps are")} ${GRACE}`]),
    later === steps.length ? "Nothing was written." : "Nothing was written. cfauth apply does it now; a running daemon does it by itself.",
  ];
}

export function totals(preview: Preview): string {
  const count = counts(preview);
  return `${count.create} to add, ${count.update} to change, ${count.delete} to remove`;
}

const GRACE =
  "the daemon's alone, when CFAUTH_GRACE_PERIOD of a gone container ends (CFAUTH_STARTUP_GRACE_PERIOD where it was gone at the start).";
