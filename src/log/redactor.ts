import { HIDDEN, type Secret } from "../core/secret.ts";

/**
 * Takes every secret out of a line, in each of the forms in which it may have come in: as it is, within JSON, within an address.
 */
export function redactor(secrets: readonly Secret[]): <Line extends string>(line: Line) => Line {
  const forms = new Set(secrets.flatMap((secret) => formsOf(secret.reveal())));
  // The longest first: a secret may lie within another one.
  const sorted = [...forms].filter((form) => form !== "").toSorted((a, b) => b.length - a.length);
  return <Line extends string>(line: Line) =>
    sorted.reduce<string>((text, form) => text.replaceAll(form, HIDDEN), line) as Line;
}

function formsOf(text: string): readonly string[] {
  const json = JSON.stringify(text).slice(1, -1);
  return [text, json, encodeURIComponent(text), encodeURI(text)];
}
