import { SCHEMES } from "../../src/core/domain/origin.ts";
import { ORIGIN_OPTIONS } from "../../src/core/labels/catalogue.ts";

/**
 * The values of a label, as an editor can check them while they are typed. Never narrower than the
 * parsers in src/core/labels, which have the final say; wider if a pattern cannot express the rule.
 * Only syntax that JavaScript, Java, Python and .NET read alike, because editors differ.
 */
export interface Grammar {
  /** A regular expression for the text, without surrounding quotes and spaces. */
  readonly text: string;
  /** All accepted values, for completion. */
  readonly choices?: readonly string[];
  /** The YAML types that mean the same as the text, such as an unquoted `true` or `8080`. */
  readonly plain?: "boolean" | "integer" | "any";
}

const choice = (...choices: readonly string[]): Grammar => ({ text: choices.join("|"), choices });
const FLAG: Grammar = { ...choice("true", "false"), plain: "boolean" };
const TEXT: Grammar = { text: String.raw`[\s\S]*\S[\s\S]*`, plain: "any" };

const list = (item: string): string => String.raw`${item}\s*(?:,\s*${item}\s*)*`;
/** A name: not empty and without a comma. */
const NAMES: Grammar = { text: list(String.raw`[^,]*[^,\s][^,]*`), plain: "any" };

const LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?";
/** A bare name or asterisk; a name with dots that is not an IP address; anything with a character that DNS encodes, such as ü. */
const HOST = String.raw`(?:\*\.?|${LABEL}\.?|(?:\*\.)?(?:${LABEL}\.)+(?!\d+\.?\s*(?:[,"']|$))${LABEL}\.?|[^,/?#]*(?:[%\t\n\r]|[^\x00-\x7f])[^,/?#]*)`;

const SEGMENT = String.raw`/(?!\.{1,2}(?:[/\s,"']|$))[A-Za-z0-9._~@:+-]+`;
const PREFIX = `(?:${SEGMENT})+/*`;

const PORT = String.raw`0*(?:[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])`;
const WITHOUT_HOST = String.raw`unix(?:\+tls)?:/[\x21-\x7e]{1,106}|http_status:[1-9]\d\d|hello_world|bastion|socks-proxy`;
const DURATION = String.raw`(?:\d+(?:ms|s|m|h|d))+`;

const OPTIONS: Readonly<Record<(typeof ORIGIN_OPTIONS)[string]["takes"], Grammar>> = {
  boolean: FLAG,
  seconds: { text: String.raw`\d+|${DURATION}`, plain: "integer" },
  count: { text: String.raw`\d{1,6}`, plain: "integer" },
  host: {
    text: String.raw`(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)(?::\d{1,5})?`,
  },
  caPool: { text: "/.+" },
  socks: choice("socks"),
};

/** By key, in the order of the catalogue. */
export const GRAMMAR: Readonly<Record<string, Grammar>> = {
  hostname: { text: list(HOST) },
  enable: FLAG,
  port: { text: PORT, plain: "integer" },
  scheme: choice(...SCHEMES),
  service: {
    text: String.raw`(?:${SCHEMES.join("|")})://(?:[A-Za-z0-9._-]+|\[[0-9a-f:]+\])(?::${PORT})?|${WITHOUT_HOST}`,
  },
  path: { text: `/+|${PREFIX}` },
  network: TEXT,
  access: choice("authentik", "public"),
  "access.groups": NAMES,
  "access.emails": { text: list(String.raw`[^\s,@]*@[A-Za-z0-9.-]+\.[A-Za-z0-9-]{2,63}`) },
  "access.session": { text: DURATION },
  "access.bypass": { text: list(PREFIX) },
  "access.policies": NAMES,
  "access.service-tokens": NAMES,
  "app.name": TEXT,
  "app.icon": { text: String.raw`https?://\S+|fa://fa-[a-z0-9-]+` },
  "app.description": TEXT,
  "app.category": TEXT,
  "app.hidden": FLAG,
  "wait-healthy": FLAG,
  adopt: FLAG,
  "share-with": { text: list(String.raw`(?:\*|[a-z0-9][a-z0-9_-]*)`) },
  ...Object.fromEntries(
    Object.entries(ORIGIN_OPTIONS).map(([option, { takes }]) => [
      `origin.${option}`,
      OPTIONS[takes],
    ]),
  ),
};
