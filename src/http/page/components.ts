import type { ReportedProblem } from "../../status/report.ts";
import { effectWords, sentence } from "../../status/wording.ts";
import { type Html, html, web } from "./html.ts";

/**
 * A time in UTC; the script shows it in the reader's own time zone.
 *
 * @param as - `ago`: relative; `clock`: absolute
 */
export const moment = (iso: string, as: "ago" | "clock"): Html =>
  html`<time class="${as}" datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC</time>`;

/** A hostname may break after its dots. */
export const hostname = (name: string): Html =>
  html`${name.split(".").map((label, at) => (at === 0 ? html`${label}` : html`.<wbr>${label}`))}`;

export const link = (url: string | undefined, text: Html | string, label?: string): Html => {
  const href = web(url);
  if (href === undefined) return html`${text}`;
  return label === undefined
    ? html`<a href="${href}">${text}</a>`
    : html`<a href="${href}" aria-label="${label}">${text}</a>`;
};

/**
 * The message and the fix of a problem, with its code as a link to the documentation.
 *
 * @param beneath - shown beside the code; undefined if nothing above the problem says what it
 * concerns
 */
export const problem = (it: ReportedProblem, beneath?: Html): Html => html`
<div class="problem ${it.severity}">
<p>${beneath === undefined ? location(it) : undefined}${sentence(it.message)}</p>
<p class="fix"><span aria-hidden="true">→ </span>${sentence(it.fix)}</p>
<p class="small">${beneath ?? since(it)}${link(it.docs, it.code)}</p>
</div>`;

const since = (it: ReportedProblem): Html =>
  html`${it.severity === "error" && it.hostname !== null ? `${effectWords(it.effect)} ` : ""}Since ${moment(it.since, "clock")} · `;

function location({ container, label, hostname: host, path }: ReportedProblem): Html | undefined {
  const named = [
    host === null ? undefined : `${host}${path ?? ""}`,
    container ?? undefined,
    label ?? undefined,
  ].filter((it) => it !== undefined);
  return named.length === 0 ? undefined : html`<strong>${named.join(" · ")}</strong><br>`;
}
