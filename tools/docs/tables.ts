import { CATALOGUE, type LabelRow } from "../../src/core/labels/catalogue.ts";
import { filled } from "./filled.ts";
import { settings } from "./settings.ts";

/** The labels that the README shows. docs/labels.md has all of them. */
const MOST_USED_LABELS = [
  "hostname",
  "port",
  "access",
  "access.groups",
  "access.emails",
  "access.bypass",
];

/** The settings that the README shows. docs/settings.md has all of them. */
const MOST_USED_SETTINGS = [
  "CLOUDFLARE_API_TOKEN",
  "AUTHENTIK_URL",
  "AUTHENTIK_TOKEN",
  "TUNNEL_TOKEN",
  "CFAUTH_NETWORK",
  "CFAUTH_DEFAULT_GROUPS",
];

/** The README with `<!-- labels -->` and `<!-- settings -->` filled in. */
export function withTables(text: string): string {
  const withLabels = filled("the README", text, "labels", mostUsedLabels());
  const table = settings(MOST_USED_SETTINGS, settingLink);
  return filled("the README", withLabels, "settings", table);
}

/** The table of docs/labels.md. @param named - the text of the first column, such as a link */
export function labels(named: (key: string) => string): string {
  const originRow = `| ${named("origin.*")} | cloudflared's \`originRequest\` options, see below | | – |`;
  return [...HEAD, ...CATALOGUE.map((row) => labelRow(row, named)), originRow].join("\n");
}

/** GitHub's anchor for a label's section: without dots and asterisks. */
export const labelAnchor = (key: string): string => key.replace(/[.*]/g, "").toLowerCase();

/** The values of cloudflared's options, in words. */
export const TAKES: Readonly<Record<string, string>> = {
  boolean: "`true` or `false`",
  seconds: "whole seconds",
  count: "a number",
  host: "a hostname",
  caPool: "a file of `CFAUTH_CA_POOLS`",
  socks: "`socks`",
};

const HEAD = ["| label | meaning | example | default |", "|---|---|---|---|"];

function labelRow(row: LabelRow, named: (key: string) => string): string {
  const { key, meaning, example, fallback } = row;
  return `| ${named(key)} | ${meaning} | \`${example}\` | ${fallback} |`;
}

function mostUsedLabels(): string {
  const rows = MOST_USED_LABELS.map((key) => labelRow(labelNamed(key), labelLink));
  return [...HEAD, ...rows].join("\n");
}

function labelNamed(key: string): LabelRow {
  const found = CATALOGUE.find((row) => row.key === key);
  if (found === undefined) throw new Error(`the catalogue has no label ${key}`);
  return found;
}

const labelLink = (key: string): string => `[\`${key}\`](docs/labels.md#${labelAnchor(key)})`;

const settingLink = (name: string): string =>
  `[\`${name}\`](docs/settings.md#${name.toLowerCase()})`;
