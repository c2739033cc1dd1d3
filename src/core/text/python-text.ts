import { unicodeEscape } from "./json-text.ts";
import { STEERING } from "./sanitize.ts";

declare const brand: unique symbol;

/** A piece of a Python expression. */
export type PythonText = string & { readonly [brand]: "PythonText" };

/**
 * A list of texts as a Python literal. A JSON list of texts is also valid Python. It must be on one
 * line: Authentik indents the expression line by line, and for Python more characters than a line
 * feed end a line (textwrap.indent in authentik/lib/expression, checked 2026-11). Characters
 * outside the basic plane are not escaped: Python reads `\ud83d\ude00` as two characters, and no
 * character outside the basic plane ends a line.
 */
export const pythonList = (texts: readonly string[]): PythonText =>
  JSON.stringify(texts).replace(STEERING, (it) =>
    it.length === 1 ? unicodeEscape(it) : it,
  ) as PythonText;
