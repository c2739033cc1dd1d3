/** Scripts that join letters: an invisible character between two letters shows, because they do not join. */
const JOINED = String.raw`[\p{scx=Arab}\p{scx=Syrc}\p{scx=Mong}\p{scx=Nkoo}]`;

/** Scripts of India and around, where an invisible character behind a vowel killer chooses the form of the next letter. */
const INDIC = String.raw`[\p{scx=Deva}\p{scx=Beng}\p{scx=Guru}\p{scx=Gujr}\p{scx=Orya}\p{scx=Taml}\p{scx=Telu}\p{scx=Knda}\p{scx=Mlym}\p{scx=Sinh}]`;

/** Where characters without a width are ordinary spelling: in emoji, and in scripts that need them. */
const SPELLING = [
  String.raw`(?<=\p{Extended_Pictographic})\ufe0f`,
  String.raw`(?<=\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier})\u200d(?=\p{Extended_Pictographic})`,
  String.raw`(?<=${JOINED})\u200c(?=${JOINED})`,
  String.raw`(?<=[${INDIC}&&\p{M}])[\u200c\u200d](?=[${INDIC}&&\p{L}])`,
].join("|");

const ALL = String.raw`[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]`;

/**
 * Characters that make a reader or a program see something else than what is written: controls (line breaks, escape sequences of
 * terminals, C1), line and paragraph separators, everything that turns the direction of text, everything without a width, and
 * halves of surrogate pairs.
 */
export const STEERING = new RegExp(`(?!${SPELLING})${ALL}`, "gv");

/** The same text on one line, with a replacement character for each that steers. Names come from strangers' containers. */
export const escapeControlCharacters = (text: string): string => text.replace(STEERING, "�");

/** Whether a person sees every character of the text. */
export const isVisible = (text: string): boolean => text.search(STEERING) === -1;
