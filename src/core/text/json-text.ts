import { STEERING } from "./sanitize.ts";

declare const brand: unique symbol;

/** JSON that is safe to show: what steers a terminal or a reader is escaped, as `\u202e`. It means the same to every parser. */
export type JsonText = string & { readonly [brand]: "JsonText" };

/** On one line. */
export const jsonText = (value: object): JsonText => shownJson(JSON.stringify(value));

/** Indented, with a line break at its end: what a command prints or a page answers. */
export const jsonDocument = (value: object): JsonText =>
  shownJson(`${JSON.stringify(value, undefined, 2)}\n`);

/** @param json - valid JSON: its own line breaks and tabs can only stand between values */
export const shownJson = (json: string): JsonText => json.replace(STEERING, escaped) as JsonText;

function escaped(steering: string): string {
  if (/[\t\n\r]/.test(steering)) return steering;
  return unicodeEscape(steering);
}

/** `\u202e`; a character outside of the basic plane is two of them. */
export const unicodeEscape = (text: string): string =>
  [...Array(text.length).keys()]
    .map((at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, "0")}`)
    .join("");
