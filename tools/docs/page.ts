import { CATALOGUE, type LabelRow, ORIGIN_OPTIONS } from "../../src/core/labels/catalogue.ts";
import { type Example, ORIGIN_MEANINGS, SECTIONS, TOGETHER } from "./examples.ts";
import { published } from "./schema.ts";
import { labelAnchor, labels, TAKES } from "./tables.ts";

const HEAD = `# Labels

Generated from the catalogue by \`npm run docs\`; the tests run every example.

Labels begin with \`cfauth.\` (\`CFAUTH_LABEL_PREFIX\` changes that). Values are text: in a Compose file, put numbers, \`true\` and \`false\` in
quotes. An unknown or invalid label opens nothing: a closed route stays closed, and a protected one stays as it is. The problem names the
container, the label and the correct value.

A label applies only to its own container. cfauth ignores labels of images (\`CFAUTH_IMAGE_LABELS\`). What concerns another Compose project
needs that project's consent: [security.md](security.md#a-container-speaks-only-for-itself).`;

const SCHEMA = published("compose.schema.json");

const IN_EDITORS = `## In an editor

Editors that run the YAML language server (VS Code with the YAML extension, Neovim, Helix, Zed and others) complete these labels, show what
each one means, and underline errors. Add this as the first line of a Compose file:

\`\`\`
# yaml-language-server: $schema=${SCHEMA}
\`\`\`

Or, for all Compose files, in VS Code's settings:

\`\`\`json
{ "yaml.schemas": { "${SCHEMA}": ["compose*.y*ml", "docker-compose*.y*ml"] } }
\`\`\`

The schema includes Compose's own, because it replaces it in the editor. [labels.schema.json](../contrib/labels.schema.json) covers only the
labels. Both assume the prefix \`cfauth\` and do not check values that Compose fills in (\`\${…}\`). cfauth itself has the final say.`;

/** docs/labels.md. */
export function labelsPage(): string {
  const parts = [
    HEAD,
    labels(linked),
    ...CATALOGUE.map(labelSection),
    originSection(),
    "## Together",
    ...TOGETHER.map(({ title, notes, example }) =>
      joined(`### ${title}`, ...notes, snippet(example)),
    ),
    IN_EDITORS,
  ];
  return `${joined(...parts)}\n`;
}

/** A link to the label's section. */
const linked = (key: string): string => `[\`${key}\`](#${labelAnchor(key)})`;

const joined = (...parts: readonly string[]): string => parts.join("\n\n");

function labelSection({ key, meaning, fallback }: LabelRow): string {
  const { notes, example } = sectionOf(key);
  return joined(
    `## ${key}`,
    `${sentence(meaning)} Default: ${fallback === "–" ? "none" : fallback}.`,
    ...notes,
    snippet(example),
  );
}

function originSection(): string {
  const { notes, example } = sectionOf("origin.*");
  const rows = Object.entries(ORIGIN_OPTIONS).map(
    ([option, { takes, example: value }]) =>
      `| \`origin.${option}\` | ${ORIGIN_MEANINGS[option]} | ${TAKES[takes]} | \`${value}\` |`,
  );
  const table = ["| label | meaning | values | example |", "|---|---|---|---|", ...rows].join("\n");
  return joined(
    "## origin.*",
    "How cloudflared connects to the container.",
    ...notes,
    table,
    snippet(example),
  );
}

function sectionOf(key: string): (typeof SECTIONS)[string] {
  const section = SECTIONS[key];
  if (section === undefined) throw new Error(`tools/docs/examples.ts has no section for ${key}`);
  return section;
}

const sentence = (text: string): string =>
  `${text.replace(/^[a-z]/, (first) => first.toUpperCase())}.`;

/** The container in a Compose file. */
function snippet({ service, image, networks = ["tunnel"], labels }: Example): string {
  return [
    "```yaml",
    "services:",
    `  ${service}:`,
    `    image: ${image}`,
    `    networks: [${networks.join(", ")}]`,
    "    labels:",
    ...Object.entries(labels).map(([name, value]) => `      ${name}: ${scalar(value)}`),
    "```",
  ].join("\n");
}

/** Plain if YAML reads the same text, else in quotes. */
const scalar = (text: string): string =>
  /^[A-Za-z/][A-Za-z0-9 ,./@_-]*$/.test(text) &&
  !/^(true|false|yes|no|on|off|null|[yn])$/i.test(text)
    ? text
    : JSON.stringify(text);
