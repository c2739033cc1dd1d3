import { docsUrl } from "../../core/links.ts";
import { pluralise } from "../../core/text/grammar.ts";
import type { Report, ServiceCheck } from "../../status/report.ts";
import {
  attentionCount,
  type Banner,
  banners,
  emptyStateHint,
  headline,
  NAMES,
  unattributedProblems,
} from "../../status/wording.ts";
import { link, moment, problem } from "./components.ts";
import { type Html, html } from "./html.ts";
import { COLUMNS, routeRows } from "./route.ts";

/**
 * Renders the whole status page, which is complete without its script. The script updates the
 * children of each `data-list` one by one. The page does not depend on the time of the request, so
 * an unchanged page need not be sent again.
 *
 * @param build - changes whenever style or script change; an open page then reloads itself
 */
export function pageHtml(report: Report, build: string): string {
  const attention = attentionCount(report);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${attention === 0 ? "" : `(${attention}) `}cfauth</title>
<link rel="icon" href="favicon.svg">
<link rel="stylesheet" href="style.css">
<script src="page.js" defer></script>
<noscript><meta http-equiv="refresh" content="30"></noscript>
</head>
<body id="${build}">
<header>
<h1>cfauth${report.owner === "" ? undefined : html` <span class="owner">${report.owner}</span>`}</h1>
<ul class="checks" data-list aria-label="Services">${checks(report)}
</ul>
</header>
<main>
<p role="status" aria-atomic="true" data-list><span class="${tone(report)}">${headline(report)}</span></p>
<p class="banner bad" id="stale" hidden>This page shows the state at <time class="clock"></time>; cfauth has not answered since. <a href="">Reload</a></p>
<div data-list>${banners(report).map(banner)}${emptyState(report)}</div>
<div data-list>${unattributedProblems(report).map((it) => html`<div class="banner">${problem(it)}</div>`)}</div>
<p id="filter" hidden><label>Filter <input type="search" autocomplete="off" spellcheck="false"></label></p>
<table role="table" aria-label="Routes" data-list${report.routes.length === 0 ? html` hidden` : undefined}>
<thead role="rowgroup"><tr role="row">${COLUMNS.map((title) => html`<th role="columnheader" scope="col">${title}</th>`)}</tr></thead>${report.routes.map((route) => routeRows(route, report))}
</table>
</main>
<footer data-list>${footer(report)}</footer>
</body>
</html>
`;
  return page.markup;
}

function tone(report: Report): string {
  if (attentionCount(report) > 0) return "bad";
  const allLive = report.routes.length > 0 && report.routes.length === report.summary.live;
  return allLive ? "good" : "calm";
}

const CHECKS: Readonly<Record<ServiceCheck, { readonly mark: string; readonly word: string }>> = {
  ok: { mark: "✓", word: "working" },
  failing: { mark: "!", word: "failing" },
  unknown: { mark: "…", word: "unknown" },
};

const checks = ({ checks: states, links }: Report): readonly Html[] =>
  (["docker", "cloudflare", "authentik", "tunnel"] as const).map((name) => {
    const { mark, word } = CHECKS[states[name]];
    // On a quiet day cfauth does not check whether cloudflared is connected.
    const text = name === "tunnel" && states.tunnel === "ok" ? "set up" : word;
    const url = name === "tunnel" || name === "authentik" ? links[name] : undefined;
    return html`
<li class="${states[name]}">${link(url, NAMES[name])} <span aria-hidden="true">${mark}</span><span class="unseen">${text}</span></li>`;
  });

function banner({ tone: kind, text, at, problems }: Banner): Html {
  const [before = "", after = ""] = text.split("{at}");
  return html`<div class="banner ${kind}"><p>${before}${at === undefined ? undefined : moment(at, "clock")}${after}</p>${problems.map((it) => problem(it, html``))}</div>`;
}

function emptyState(report: Report): Html | undefined {
  const hint = emptyStateHint(report);
  return (
    hint &&
    html`<div class="banner empty"><p>${hint.text}</p><pre><code>labels:
  ${hint.label}</code></pre><p>The container is reachable at that hostname as soon as it runs. ${link(docsUrl("labels.md"), "All labels")}</p></div>`
  );
}

function footer({ version, lastPass }: Report): Html {
  const pass =
    lastPass === null
      ? undefined
      : html`<span>last pass ${moment(lastPass.at, "ago")}, ${outcome(lastPass)}</span>`;
  return html`<p><span>cfauth ${version}</span> ${pass} <span><a href="api/routes">as JSON</a></span></p>`;
}

function outcome({ result, applied }: NonNullable<Report["lastPass"]>): string {
  if (result === "failed") return "failed";
  return applied === 0 ? "no changes" : pluralise(applied, "change");
}
