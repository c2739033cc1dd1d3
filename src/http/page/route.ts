import type { Report, ReportedRoute, RouteState } from "../../status/report.ts";
import { effectWords, problemsOf, remarks, STATES, sentence } from "../../status/wording.ts";
import { hostname, link, moment, problem } from "./components.ts";
import { type Html, html } from "./html.ts";

const MARKS: Readonly<Record<RouteState, string>> = {
  problem: "!",
  waiting: "…",
  closing: "–",
  live: "✓",
};

/** Column titles, in the order of the cells. */
export const COLUMNS = ["State", "Address", "Container", "Who may enter", "Since", "Manage"];

/**
 * The rows of one route: a line, and below it reasons, problems and remarks. Roles are explicit
 * because a narrow page shows a route as a card.
 */
export function routeRows(route: ReportedRoute, report: Report): Html {
  const name = `${route.hostname}${route.path ?? ""}`;
  const detailCells = details(route, report);
  return html`
<tbody role="rowgroup" class="${route.state}">
<tr role="row">
<td role="cell" class="state"><span class="mark" aria-hidden="true">${MARKS[route.state]}</span> ${STATES[route.state]}</td>
<th role="rowheader" scope="row">${address(route)}</th>
<td role="cell" class="container">${container(route)}</td>
<td role="cell" class="who">${who(route)}</td>
<td role="cell" class="since">${moment(route.since, "ago")}</td>
<td role="cell" class="links">${links(route, name)}</td>
</tr>${
    detailCells.length === 0
      ? undefined
      : html`
<tr role="row" class="said"><td role="cell" colspan="${COLUMNS.length}">${detailCells}</td></tr>`
  }
</tbody>`;
}

/**
 * Not a link before the route is open: a browser that resolves a name too early caches that it does
 * not exist.
 */
function address(route: ReportedRoute): Html {
  const text = html`${hostname(route.hostname)}${route.path === null ? undefined : html`<wbr>${route.path}`}`;
  const reachable =
    route.state === "live" || route.state === "closing" || route.effect === "unchanged";
  return reachable ? link(route.url ?? undefined, text) : text;
}

function container({ container: name, origin }: ReportedRoute): Html {
  if (origin === null) return html`<span class="name">${name ?? "–"}</span>`;
  return name === null
    ? html`<span class="origin">${origin}</span>`
    : html`<span class="name">${name}</span><span class="origin">${origin}</span>`;
}

function who({ who: phrase, access, state, effect }: ReportedRoute): Html {
  if (state === "problem" && effect === "closed") return html`<span class="nobody">Nobody</span>`;
  return html`${access === "public" ? html`<span class="public">Public</span> ` : undefined}${phrase ?? "–"}`;
}

const links = ({ links: { access, authentik } }: ReportedRoute, name: string): readonly Html[] => [
  ...(access === undefined
    ? []
    : [link(access, "Access", `Access application of ${name}`), html` `]),
  ...(authentik === undefined
    ? []
    : [link(authentik, "Authentik", `Authentik application of ${name}`)]),
];

function details(route: ReportedRoute, report: Report): readonly Html[] {
  const effect =
    route.state === "problem" ? html`${effectWords(route.effect ?? "closed")} ` : html``;
  const problems = problemsOf(route, report).map((it) => problem(it, effect));
  const reason = route.reason ?? "";
  switch (route.state) {
    case "problem":
      return problems.length === 0 ? [unlistedProblem(route, effect)] : problems;
    case "waiting":
      return [html`<p>${sentence(reason)}</p>`, ...problems];
    case "closing":
      return [html`<p>${reason}</p>`, ...problems];
    case "live":
      return [...remarks(route).map((text) => html`<p class="small">${text}</p>`), ...problems];
  }
}

/**
 * A problem state without a listed problem: for unreadable labels the problem is shown with the
 * container.
 */
const unlistedProblem = ({ reason = "", fix }: ReportedRoute, effect: Html): Html => html`
<div class="problem error">
<p>${sentence(reason)}</p>${
  fix === undefined
    ? undefined
    : html`
<p class="fix"><span aria-hidden="true">→ </span>${sentence(fix)}</p>`
}
<p class="small">${effect}</p>
</div>`;
