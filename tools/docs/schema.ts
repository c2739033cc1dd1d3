import about from "../../package.json" with { type: "json" };
import {
  CATALOGUE,
  LABEL_KEYS,
  ORIGIN_OPTIONS,
  RESERVED,
} from "../../src/core/labels/catalogue.ts";
import { docsUrl } from "../../src/core/links.ts";
import { ORIGIN_MEANINGS } from "./examples.ts";
import { GRAMMAR, type Grammar } from "./grammar.ts";

/** JSON Schema, draft 7: the newest that every editor's YAML support reads. */
type Schema = Readonly<Record<string, unknown>>;

const DRAFT = "http://json-schema.org/draft-07/schema#";
const COMPOSE =
  "https://raw.githubusercontent.com/compose-spec/compose-spec/main/schema/compose-spec.json";

/** The address at which editors find the file. @param file - below contrib/ */
export const published = (file: string): string =>
  `${about.homepage.replace("//github.com/", "//raw.githubusercontent.com/")}/main/contrib/${file}`;

const escaped = (key: string): string => key.replaceAll(".", String.raw`\.`);
const ANY_KEY = `(?:${LABEL_KEYS.map(escaped).join("|")})`;
const ROUTE = String.raw`(?!(?:${[...RESERVED].join("|")})\.)[A-Za-z0-9_-]+\.`;
/** Docker's labels are case-sensitive. The pattern accepts any case so that editors also flag `CFAuth.…`. */
const PREFIX = String.raw`[cC][fF][aA][uU][tT][hH]\.`;

const UNKNOWN = "not a label of cfauth: it would keep the container's routes closed";

/**
 * contrib/labels.schema.json: labels as Compose accepts them, a map or a list. It checks only ours,
 * and in a list only their names. It requires no type, so that an editor completes the first key of an
 * empty map.
 */
export const labelsSchema = (): Schema => ({
  $schema: DRAFT,
  $id: published("labels.schema.json"),
  title: "Labels of cfauth",
  description: `Generated from the catalogue of labels. ${docsUrl("labels.md")}`,
  properties: Object.fromEntries(
    LABEL_KEYS.map((key) => [`cfauth.${key}`, { $ref: `#/definitions/${key}` }]),
  ),
  patternProperties: {
    ...Object.fromEntries(
      LABEL_KEYS.map((key) => [
        String.raw`^cfauth\.${ROUTE}${escaped(key)}$`,
        { $ref: `#/definitions/${key}` },
      ]),
    ),
    [`^${PREFIX}(?!(?:${ROUTE})?${ANY_KEY}$)`]: { not: {}, errorMessage: UNKNOWN },
  },
  items: {
    pattern: `^(?!${PREFIX})|^${PREFIX}(?:${ROUTE})?${ANY_KEY}(?:=|$)`,
    patternErrorMessage: UNKNOWN,
  },
  definitions: Object.fromEntries(LABEL_KEYS.map((key) => [key, definition(key)])),
});

/** contrib/compose.schema.json: a Compose file whose services carry such labels. */
export const composeSchema = (): Schema => ({
  $schema: DRAFT,
  $id: published("compose.schema.json"),
  title: "Compose file with labels of cfauth",
  allOf: [{ $ref: COMPOSE }],
  properties: {
    services: { additionalProperties: { properties: { labels: { $ref: "labels.schema.json" } } } },
  },
});

function definition(key: string): Schema {
  const grammar = GRAMMAR[key];
  if (grammar === undefined) throw new Error(`tools/docs/grammar.ts has no entry for ${key}`);
  const { meaning, example, fallback } = told(key);
  return {
    description: `${meaning}${fallback === "–" ? "" : `. Default: ${fallback}`}`,
    ...values(grammar),
    examples: [example],
  };
}

function told(key: string): {
  readonly meaning: string;
  readonly example: string;
  readonly fallback: string;
} {
  const row = CATALOGUE.find((it) => it.key === key);
  if (row !== undefined) return row;
  const option = key.slice("origin.".length);
  return {
    meaning: ORIGIN_MEANINGS[option] ?? "",
    example: ORIGIN_OPTIONS[option]?.example ?? "",
    fallback: "–",
  };
}

/** A value may have its own quotes. Compose replaces anything with a dollar sign before it becomes a label. */
function values({ text, choices = [], plain }: Grammar): Schema {
  const types = {
    boolean: ["string", "boolean"],
    integer: ["string", "integer"],
    any: ["string", "number", "boolean"],
  };
  const pattern = String.raw`\$|^\s*(["']?)\s*(?:${text})\s*\1\s*$`;
  const type = plain === undefined ? "string" : types[plain];
  if (choices.length === 0) return { type, pattern };
  return {
    type,
    anyOf: [
      { enum: [...choices, ...(plain === "boolean" ? [true, false] : [])] },
      { type: "string", pattern },
    ],
  };
}

export const printed = (schema: Schema): string => `${JSON.stringify(schema, undefined, 2)}\n`;
