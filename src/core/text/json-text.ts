import { STEERING } from "./sanitize.ts";

declare const brand: unique symbol;

/**
 * JSON that is safe to show: characters that could mislead a terminal or a reader are escaped, such
 * as `\u202e`. Every parser reads the same value.
 */
export type JsonText = string & { readonly [brand]: "JsonText" };

/** On one line. */
export const jsonText = (value: object): JsonText => shownJson(JSON.stringify(value));

/** Indented, with a line break at the end: the output of a command or the body of a page. */
export const jsonDocument = (value: object): JsonText =>
  shownJson(`${JSON.stringify(value, undefined, 2)}\n`);

/** @param json - valid JSON: its own line breaks and tabs are always between values */
export const shownJson = (json: string): JsonText =>
  json.replace(STEERING, escapeUnlessWhitespace) as JsonText;

function escapeUnlessWhitespace(character: string): string {
  if (/[\t\n\r]/.test(character)) return character;
  return unicodeEscape(character);
}

/** `\u202e`; a character outside the basic plane becomes two escapes. */
export const unicodeEscape = (text: string): string =>
  [...Array(text.length).keys()]
    .map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`)
    .join("");
