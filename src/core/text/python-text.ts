import { unicodeEscape } from "./json-text.ts";
import { STEERING } from "./sanitize.ts";

declare const brand: unique symbol;

/** A piece of a Python expression. */
export type PythonText = string & { readonly [brand]: "PythonText" };

/**
 * A list of texts as Python spells it. JSON's lists of texts are Python's as well, in one line: Authentik indents the expression
 * line by line, and to Python more characters than a line feed end a line (textwrap.indent in authentik/lib/expression, checked
 * 2026-11). Characters outside of the basic plane stay as they are: to Python `\ud83d\ude00` is two characters, and none of them
 * ends a line.
 */
export const pythonList = (texts: readonly string[]): PythonText =>
  JSON.stringify(texts).replace(STEERING, (it) =>
    it.length === 1 ? unicodeEscape(it) : it,
  ) as PythonText;
