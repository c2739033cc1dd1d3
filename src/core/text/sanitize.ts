/**
 * Scripts that join letters: an invisible character between two letters shows because they do not
 * join.
 */
const JOINED = String.raw`[\p{scx=Arab}\p{scx=Syrc}\p{scx=Mong}\p{scx=Nkoo}]`;

/**
 * Indic scripts, where an invisible character after a vowel killer chooses the form of the next
 * letter.
 */
const INDIC = String.raw`[\p{scx=Deva}\p{scx=Beng}\p{scx=Guru}\p{scx=Gujr}\p{scx=Orya}\p{scx=Taml}\p{scx=Telu}\p{scx=Knda}\p{scx=Mlym}\p{scx=Sinh}]`;

/** Places where zero-width characters are ordinary spelling: emoji, and scripts that need them. */
const SPELLING = [
  String.raw`(?<=\p{Extended_Pictographic})\ufe0f`,
  String.raw`(?<=\p{Extended_Pictographic}\ufe0f?|\p{Emoji_Modifier})\u200d(?=\p{Extended_Pictographic})`,
  String.raw`(?<=${JOINED})\u200c(?=${JOINED})`,
  String.raw`(?<=[${INDIC}&&\p{M}])[\u200c\u200d](?=[${INDIC}&&\p{L}])`,
].join("|");

const ALL = String.raw`[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]`;

/**
 * Characters that make a reader or a program see something other than what is written: control
 * characters (line breaks, terminal escape sequences, C1), line and paragraph separators,
 * bidirectional controls, zero-width characters, and lone surrogates.
 */
export const STEERING = new RegExp(`(?!${SPELLING})${ALL}`, "gv");

/**
 * Puts a text on one line, with a replacement character for each character in STEERING. Names come
 * from untrusted containers.
 */
export const escapeControlCharacters = (text: string): string => text.replace(STEERING, "�");

/** True if a person sees every character of the text. */
export const isVisible = (text: string): boolean => text.search(STEERING) === -1;
