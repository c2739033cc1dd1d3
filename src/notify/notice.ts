import { redactPersonalData } from "../core/text/redact.ts";
import { escapeControlCharacters } from "../core/text/sanitize.ts";

declare const brand: unique symbol;

/** Text of a notification. Foreign text in it begins no line, is visible to its last character and has no e-mail address. */
export type NoticeText = string & { readonly [brand]: "NoticeText" };

/** One line, whatever is in the text. */
export const noticeLine = (text: string): NoticeText =>
  escapeControlCharacters(redactPersonalData(text)) as NoticeText;

/** Each text that there is on a line of its own. */
export const noticeLines = (...texts: readonly (string | undefined)[]): NoticeText =>
  joinNotices(
    texts.filter((text) => text !== undefined && text !== "").map((text) => noticeLine(text ?? "")),
    "\n",
  );

export const joinNotices = (parts: readonly NoticeText[], between: "\n" | "\n\n"): NoticeText =>
  parts.join(between) as NoticeText;
