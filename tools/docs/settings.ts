import { readConfig } from "../../src/config/config.ts";
import { formatFaults } from "../../src/config/fault.ts";
import { RawSettings, SETTING_NAMES } from "../../src/config/settings.ts";
import { SETTINGS, type SettingGroup, type SettingRow } from "./setting-rows.ts";

const NAMES = new Set(SETTING_NAMES);

/** The settings of this version. */
const groups: readonly SettingGroup[] = SETTINGS.map(({ title, settings }) => ({
  title,
  settings: Object.fromEntries(Object.entries(settings).filter(([name]) => NAMES.has(name))),
}));

/** A table of these settings, in this order. @param named - what the first column shows */
export function settings(names: readonly string[], named: (name: string) => string): string {
  const known = new Map(groups.flatMap(({ settings }) => Object.entries(settings)));
  const rows = names.map((name) => {
    const row = known.get(name);
    if (row === undefined) throw new Error(`tools/docs/setting-rows.ts has no ${name}`);
    return tableRow(named(name), name, row);
  });
  return [HEAD, ...rows].join("\n");
}

const HEAD = "| name | meaning | default |\n|---|---|---|";

const tableRow = (shown: string, name: string, row: SettingRow): string =>
  `| ${shown} | ${row.meaning} | ${fallbackOf(name, row)} |`;

/** The schema's default, unless the row has one in words. */
function fallbackOf(name: string, { fallback }: SettingRow): string {
  if (fallback !== undefined) return fallback;
  const { def } = RawSettings.shape[name as keyof typeof RawSettings.shape];
  if (!("defaultValue" in def))
    throw new Error(
      `tools/docs/setting-rows.ts has no default for ${name}, and neither has the schema`,
    );
  return `\`${def.defaultValue}\``;
}

/** docs/settings.md. */
export function settingsPage(): string {
  return `${joined(INTRODUCTION, faultySample(), ...groups.map(groupSection))}\n`;
}

const INTRODUCTION = `# Settings

Generated from the schema by \`npm run docs\`; the tests parse every example.

Settings are environment variables. cfauth reads them once, at the start. Each can also come from a file, such as a Docker secret:
\`NAME_FILE\` is the path of the file with the value. cfauth ignores spaces and line ends around a value and treats an empty variable as unset.
It rejects \`NAME\` together with \`NAME_FILE\`, and quotes around a value, which \`docker run --env-file\` would make part of it.

\`\`\`yaml
  cfauth:
    environment:
      CLOUDFLARE_API_TOKEN_FILE: /run/secrets/cloudflare
    secrets: [cloudflare]
\`\`\`

cfauth's user, 65532 in the image, must be able to read the file.

If a setting is wrong, cfauth does not start. It lists all wrong settings at once, without their values, and exits with code 78.
It also rejects any other variable that begins with \`CFAUTH_\`, because a misspelled setting would otherwise silently do nothing.`;

/** The message for some wrong settings. */
function faultySample(): string {
  const read = readConfig(
    {
      CLOUDFLARE_API_TOKEN: "token of mine",
      AUTHENTIK_URL: "http://auth.example.com",
      CFAUTH_NETWORKS: "tunnel",
      CFAUTH_TARGET: "nam",
    },
    () => "",
  );
  return ["```text", read.ok ? "" : formatFaults(read.faults).trimEnd(), "```"].join("\n");
}

function groupSection({ title, settings }: SettingGroup): string {
  const all = Object.entries(settings);
  const table = [
    HEAD,
    ...all.map(([name, row]) => tableRow(`[\`${name}\`](#${name.toLowerCase()})`, name, row)),
  ].join("\n");
  return joined(`## ${title}`, table, ...all.map(([name, row]) => settingSection(name, row)));
}

function settingSection(name: string, row: SettingRow): string {
  const { meaning, takes, example, notes = [] } = row;
  return joined(
    `### ${name}`,
    `${sentence(meaning)} Accepts ${takes}. Default: ${fallbackOf(name, row) === "–" ? "none" : plain(fallbackOf(name, row))}.`,
    [
      "```sh",
      example === undefined
        ? `${name}_FILE=/run/secrets/${name.toLowerCase()}`
        : `${name}=${example}`,
      "```",
    ].join("\n"),
    ...notes,
  );
}

const plain = (text: string): string => text.replace(/\*\*required\*\*/, "none, it is required");

const sentence = (text: string): string =>
  `${text.replace(/^[a-z]/, (first) => first.toUpperCase())}.`;

const joined = (...parts: readonly string[]): string => parts.join("\n\n");
