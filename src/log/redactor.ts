import { HIDDEN, type Secret } from "../core/secret.ts";

/**
 * Removes every secret from a line, in each form in which it may occur: as it is, in JSON, and in a
 * URL.
 */
export function createRedactor(
  secrets: readonly Secret[],
): <Line extends string>(line: Line) => Line {
  const forms = new Set(secrets.flatMap((secret) => formsOf(secret.reveal())));
  // Longest first, because one secret may contain another.
  const sorted = [...forms].filter((form) => form !== "").toSorted((a, b) => b.length - a.length);
  return <Line extends string>(line: Line) =>
    sorted.reduce<string>((text, form) => text.replaceAll(form, HIDDEN), line) as Line;
}

function formsOf(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  return [text, json, encodeURIComponent(text), encodeURI(text)];
}
