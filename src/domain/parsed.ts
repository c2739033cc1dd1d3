/** What a parser of user input answers: the value, or what is wrong with the text and what would be right. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | Faulty;

export interface Faulty {
  readonly ok: false;
  /** Continues the sentence `cfauth.port="x" …`: "is not a port number". */
  readonly why: string;
  /** An imperative with the corrected text, ready to copy. */
  readonly fix: string;
}

export const parsed = <T>(value: T): Parsed<T> => ({ ok: true, value });
export const faulty = (why: string, fix: string): Faulty => ({ ok: false, why, fix });
