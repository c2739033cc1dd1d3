import { CATALOGUE, type LabelRow, ORIGIN_OPTIONS } from "../../src/core/labels/catalogue.ts";
import { type Example, ORIGIN_MEANINGS, SECTIONS, TOGETHER } from "./examples.ts";
import { published } from "./schema.ts";
import { labelAnchor, labels, TAKES } from "./tables.ts";

const HEAD = `# Labels

Made from the catalogue by \`npm run docs\`; every example is run by the tests.

Labels begin with \`cfauth.\` (\`CFAUTH_LABEL_PREFIX\` changes it). Values are text: numbers, \`true\` and \`false\` go between quotes in a
Compose file. A label that is unknown or faulty opens nothing: a route that is shut stays shut, one that is protected
stays as it was, and the problem names the container, the label and what would be right.

Labels say something about their own container alone. Those that come from an image are ignored (\`CFAUTH_IMAGE_LABELS\`), and what concerns
another Compose project needs its consent: [security.md](security.md#a-container-speaks-only-for-itself).`;

const SCHEMA = published("compose.schema.json");

const IN_EDITORS = `## In an editor

Editors that run the YAML language server (VS Code with the YAML extension, Neovim, Helix, Zed and others) complete these labels, show what
each is for, and underline what is wrong. As the first line of a Compose file:

\`\`\`
# yaml-language-server: $schema=${SCHEMA}
\`\`\`

or for all of them, in VS Code's settings:

\`\`\`json
{ "yaml.schemas": { "${SCHEMA}": ["compose*.y*ml", "docker-compose*.y*ml"] } }
\`\`\`

Compose's own schema is part of it, since what is named here takes its place. [labels.schema.json](../contrib/labels.schema.json) is the part
for the labels alone. Both know the prefix \`cfauth\`; values that Compose fills in (\`\${…}\`) are not checked. cfauth itself decides.`;

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

/** A link to the section of the label. */
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
  const table = ["| label | meaning | takes | example |", "|---|---|---|---|", ...rows].join("\n");
  return joined(
    "## origin.*",
    "How cloudflared speaks to the container.",
    ...notes,
    table,
    snippet(example),
  );
}

function sectionOf(key: string): (typeof SECTIONS)[string] {
  const section = SECTIONS[key];
  if (section === undefined) throw new Error(`tools/docs/examples.ts says nothing of ${key}`);
  return section;
}

const sentence = (text: string): string =>
  `${text.replace(/^[a-z]/, (first) => first.toUpperCase())}.`;

/** The container as it stands in a Compose file. */
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

/** Plain where YAML reads the very same text, else between quotes. */
const scalar = (text: string): string =>
  /^[A-Za-z/][A-Za-z0-9 ,./@_-]*$/.test(text) &&
  !/^(true|false|yes|no|on|off|null|[yn])$/i.test(text)
    ? text
    : JSON.stringify(text);
