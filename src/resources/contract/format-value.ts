import type { Field } from "./diff.ts";

/** Longer values are cut. Nobody reads the 64 characters of an audience tag. */
const MAX_CHARACTERS = 60;

/** A value of a diff, as one line shows it. */
export function formatValue(value: Field | undefined): string {
  if (value === undefined) return "none";
  if (typeof value === "boolean") return value ? "yes" : "no";
  const text = Array.isArray(value) ? value.join(", ") || "none" : String(value);
  if (/^[0-9a-f]{32,}$/.test(text)) return `${text.slice(0, 8)}…`;
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text;
}
