import { escapeControlCharacters } from "../../core/text/sanitize.ts";

declare const brand: unique symbol;

/** Markup in which every foreign text is escaped. */
type Markup = string & { readonly [brand]: "Markup" };

/** Safe markup; only `html` creates it. */
export interface Html {
  readonly markup: Markup;
}

type Part = Html | readonly Html[] | string | number | undefined;

/** Builds a piece of a page. Every inserted value is escaped, unless `html` itself created it. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  markup: texts.map((text, at) => text + markup(parts[at])).join("") as Markup,
});

function markup(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "string" || typeof part === "number") return escapeHtml(String(part));
  return "markup" in part ? part.markup : part.map((it) => it.markup).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escapeHtml = (text: string): string =>
  escapeControlCharacters(text).replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");

/** The URL if its scheme is safe to link to; otherwise undefined. */
export const web = (url: string | null | undefined): string | undefined =>
  url && /^https?:\/\//.test(url) ? url : undefined;
