import { escapeControlCharacters } from "../../core/text/sanitize.ts";

declare const brand: unique symbol;

/** A text of a page, with every foreign text in it escaped. */
type Markup = string & { readonly [brand]: "Markup" };

/** Text that may stand in a page as it is: only `html` makes it. */
export interface Html {
  readonly markup: Markup;
}

type Part = Html | readonly Html[] | string | number | undefined;

/** A piece of a page. Whatever is put into it is text, not markup, unless it was made by `html` itself. */
export const html = (texts: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  markup: texts.map((text, at) => text + markup(parts[at])).join("") as Markup,
});

function markup(part: Part): string {
  if (part === undefined) return "";
  if (typeof part === "string" || typeof part === "number") return escaped(String(part));
  return "markup" in part ? part.markup : part.map((it) => it.markup).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escaped = (text: string): string =>
  escapeControlCharacters(text).replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? "");

/** An address that is safe to lead to; undefined for any other scheme. */
export const web = (url: string | null | undefined): string | undefined =>
  url && /^https?:\/\//.test(url) ? url : undefined;
