import { readConfig } from "../../src/config/config.ts";
import { faultsText } from "../../src/config/fault.ts";
import { RawSettings, SETTING_NAMES } from "../../src/config/settings.ts";
import { SETTINGS, type SettingGroup, type SettingRow } from "./setting-rows.ts";

const NAMES = new Set(SETTING_NAMES);

/** Of the settings that this version has. */
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

/** As the schema has it, unless the row says it in words. */
function fallbackOf(name: string, { fallback }: SettingRow): string {
  if (fallback !== undefined) return fallback;
  const { def } = RawSettings.shape[name as keyof typeof RawSettings.shape];
  if (!("defaultValue" in def))
    throw new Error(
      `tools/docs/setting-rows.ts says no default of ${name}, and the schema has none`,
    );
  return `\`${def.defaultValue}\``;
}

/** docs/settings.md. */
export function settingsPage(): string {
  return `${joined(INTRODUCTION, faultySample(), ...groups.map(groupSection))}\n`;
}

const INTRODUCTION = `# Settings

Made from the schema by \`npm run docs\`; every example is read by the tests.

Settings are environment variables of cfauth, read once at the start. Each can be given as a file too: \`NAME_FILE\` with the path of a file
that holds the value, such as a Docker secret. Spaces and line ends around a value do not count, and an empty variable is one that is not
set. To give both \`NAME\` and \`NAME_FILE\` is a fault, and so are quotes around a value: \`docker run --env-file\` keeps them.

\`\`\`yaml
  cfauth:
    environment:
      CLOUDFLARE_API_TOKEN_FILE: /run/secrets/cloudflare
    secrets: [cloudflare]
\`\`\`

The file must be readable for the user that cfauth runs as, 65532 in the image.

If something is wrong with them, cfauth does not start: it names all that is faulty at once, never a value, and ends with exit code 78.
Whatever begins with \`CFAUTH_\` and is no setting is refused as well, since a misspelt one would otherwise be silently without effect.`;

/** What a person reads who got some of them wrong. */
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
  return ["```text", read.ok ? "" : faultsText(read.faults).trimEnd(), "```"].join("\n");
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
    `${sentence(meaning)} Takes ${takes}. Default: ${fallbackOf(name, row) === "–" ? "none" : plain(fallbackOf(name, row))}.`,
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
