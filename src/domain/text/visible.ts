/**
 * Characters that make a reader or a program see something else than what is written: controls (line breaks, escape sequences of
 * terminals, C1), line and paragraph separators, everything that turns the direction of text, everything without a width, and
 * halves of surrogate pairs. The two invisible characters that emoji are built of are left alone within an emoji.
 */
export const STEERING =
  /(?<!\p{Extended_Pictographic})\ufe0f|(?<!\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier})\u200d|\u200d(?!\p{Extended_Pictographic})|[[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]--[\ufe0f\u200d]]/gv;

/** The same text on one line, with a replacement character for each that steers. Names come from strangers' containers. */
export const visible = (text: string): string => text.replace(STEERING, "�");

/** Whether a person sees every character of the text. */
export const isVisible = (text: string): boolean => text.search(STEERING) === -1;
