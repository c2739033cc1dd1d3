import { CATALOGUE, ORIGIN_OPTIONS } from "../../src/core/labels/catalogue.ts";
import { filled } from "./filled.ts";
import { settings } from "./settings.ts";

/** The README with `<!-- labels -->`, `<!-- origin -->` and `<!-- settings -->` filled anew. */
export function withTables(text: string): string {
  const made: readonly [string, string][] = [
    ["labels", labels()],
    ["origin", originOptions()],
    ["settings", settings()],
  ];
  return made.reduce((page, [name, table]) => filled("the README", page, name, table), text);
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
  host: "a host name",
  caPool: "a file of `CFAUTH_CA_POOLS`",
  socks: "`socks`",
};

function originOptions(): string {
  const rows = Object.entries(ORIGIN_OPTIONS).map(
    ([option, { takes, example }]) => `| \`origin.${option}\` | ${TAKES[takes]} | \`${example}\` |`,
  );
  return ["| label | takes | example |", "|---|---|---|", ...rows].join("\n");
}
