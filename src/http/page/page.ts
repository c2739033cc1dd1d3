import { docsUrl } from "../../core/links.ts";
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
 * The whole status page, complete without its script. The script keeps the children of each `data-list` up to date, one by
 * one. Nothing in it depends on the moment when it is asked for, so that what has not changed need not
 * be sent again.
 *
 * @param build - differs where style or script do: then a page that is open loads itself anew
 */
export function pageHtml(report: Report, build: string): string {
  const needs = attentionCount(report);
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${needs === 0 ? "" : `(${needs}) `}cfauth</title>
<link rel="icon" href="favicon.svg">
<link rel="stylesheet" href="style.css">
<script src="page.js" defer></script>
<noscript><meta http-equiv="refresh" content="30"></noscript>
</head>
<body id="${build}">
<header>
<h1>cfauth${report.owner === "" ? undefined : html` <span class="owner">${report.owner}</span>`}</h1>
<ul class="checks" data-list aria-label="Neighbours">${checks(report)}
</ul>
</header>
<main>
<p role="status" aria-atomic="true" data-list><span class="${tone(report)}">${headline(report)}</span></p>
<p class="banner bad" id="stale" hidden>This page is of <time class="clock"></time>; cfauth has not answered since. <a href="">Load it anew</a></p>
<div data-list>${banners(report).map(banner)}${empty(report)}</div>
<div data-list>${unattributedProblems(report).map((it) => html`<div class="banner">${problem(it)}</div>`)}</div>
<p id="filter" hidden><label>Show only <input type="search" autocomplete="off" spellcheck="false"></label></p>
<table role="table" aria-label="Routes" data-list${report.routes.length === 0 ? html` hidden` : undefined}>
<thead role="rowgroup"><tr role="row">${COLUMNS.map((title) => html`<th role="columnheader" scope="col">${title}</th>`)}</tr></thead>${report.routes.map((route) => routeRows(route, report))}
</table>
</main>
<footer data-list>${foot(report)}</footer>
</body>
</html>
`;
  return page.markup;
}

const tone = (report: Report): string =>
  attentionCount(report) > 0
    ? "bad"
    : report.routes.length > 0 && report.routes.length === report.summary.live
      ? "good"
      : "calm";

const CHECKS: Readonly<Record<ServiceCheck, { readonly mark: string; readonly word: string }>> = {
  ok: { mark: "✓", word: "well" },
  failing: { mark: "!", word: "failing" },
  unknown: { mark: "…", word: "not known yet" },
};

const checks = ({ checks: found, links }: Report): readonly Html[] =>
  (["docker", "cloudflare", "authentik", "tunnel"] as const).map((name) => {
    const { mark, word } = CHECKS[found[name]];
    // Whether cloudflared is connected to it is not looked at on a quiet day.
    const said = name === "tunnel" && found.tunnel === "ok" ? "set up" : word;
    const url = name === "tunnel" || name === "authentik" ? links[name] : undefined;
    return html`
<li class="${found[name]}">${link(url, NAMES[name])} <span aria-hidden="true">${mark}</span><span class="unseen">${said}</span></li>`;
  });

function banner({ tone: kind, text, at, problems }: Banner): Html {
  const [before = "", after = ""] = text.split("{at}");
  return html`<div class="banner ${kind}"><p>${before}${at === undefined ? undefined : moment(at, "clock")}${after}</p>${problems.map((it) => problem(it, html``))}</div>`;
}

function empty(report: Report): Html | undefined {
  const told = emptyStateHint(report);
  return (
    told &&
    html`<div class="banner empty"><p>${told.text}</p><pre><code>labels:
  ${told.label}</code></pre><p>It opens at that hostname as soon as the container runs. ${link(docsUrl("labels.md"), "All labels")}</p></div>`
  );
}

function foot({ version, lastPass }: Report): Html {
  const pass =
    lastPass === null
      ? undefined
      : html`<span>last pass ${moment(lastPass.at, "ago")}, ${outcome(lastPass)}</span>`;
  return html`<p><span>cfauth ${version}</span> ${pass} <span><a href="api/routes">as JSON</a></span></p>`;
}

const outcome = ({ result, applied }: NonNullable<Report["lastPass"]>): string =>
  result === "failed"
    ? "failed"
    : applied === 0
      ? "nothing to change"
      : applied === 1
        ? "1 change"
        : `${applied} changes`;
