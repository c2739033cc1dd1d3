import { redactPersonalData } from "../core/text/redact.ts";
import { escapeControlCharacters } from "../core/text/sanitize.ts";

declare const brand: unique symbol;

/**
 * Text of a notification. Foreign text in it has no line breaks, no invisible characters and no
 * e-mail addresses.
 */
export type NoticeText = string & { readonly [brand]: "NoticeText" };

/** Makes one line of any text. */
export const noticeLine = (text: string): NoticeText =>
  escapeControlCharacters(redactPersonalData(text)) as NoticeText;

/** Puts each non-empty text on its own line. */
export const noticeLines = (...texts: readonly (string | undefined)[]): NoticeText =>
  joinNotices(
    texts.filter((text) => text !== undefined && text !== "").map((text) => noticeLine(text ?? "")),
    "\n",
  );

export const joinNotices = (parts: readonly NoticeText[], between: "\n" | "\n\n"): NoticeText =>
  parts.join(between) as NoticeText;
