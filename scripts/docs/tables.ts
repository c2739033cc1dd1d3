import { CATALOGUE, ORIGIN_OPTIONS } from "../../src/labels/catalogue.ts";

/** The text with each `<!-- name -->` … `<!-- /name -->` filled anew. */
export function withTables(text: string): string {
  return filled(filled(text, "labels", labels()), "origin", originOptions());
}

function filled(text: string, name: string, table: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from === -1 || to < from) throw new Error(`the README has no ${open} … ${close}`);
  return `${text.slice(0, from + open.length)}\n${table}\n${text.slice(to)}`;
}

/** @param named - how a label stands in the first column, such as with a link */
export function labels(named = (key: string): string => `\`${key}\``): string {
  const rows = CATALOGUE.map(({ key, meaning, example, fallback }) => `| ${named(key)} | ${meaning} | \`${example}\` | ${fallback} |`);
  return [
    "| label | meaning | example | default |",
    "|---|---|---|---|",
    ...rows,
    `| ${named("origin.*")} | cloudflared's \`originRequest\` options, below | | – |`,
  ].join("\n");
}

/** What an option of cloudflared takes, in words. */
export const TAKES: Readonly<Record<string, string>> = {
  boolean: "`true` or `false`",
  seconds: "whole seconds",
  count: "a number",
  text: "a text",
  socks: "`socks`",
};

function originOptions(): string {
  const rows = Object.entries(ORIGIN_OPTIONS).map(
    ([option, { takes, example }]) => `| \`origin.${option}\` | ${TAKES[takes]} | \`${example}\` |`,
  );
  return ["| label | takes | example |", "|---|---|---|", ...rows].join("\n");
}
