/**
 * The result of parsing user input: the value, or what is wrong with the text and how to fix it.
 */
export type ParseResult<T> = { readonly ok: true; readonly value: T } | ParseError;

export interface ParseError {
  readonly ok: false;
  /** Continues the sentence `cfauth.port="x" …`: "is not a port number". */
  readonly why: string;
  /** An imperative with the corrected text, ready to copy. */
  readonly fix: string;
}

export const ok = <T>(value: T): ParseResult<T> => ({ ok: true, value });
export const invalid = (why: string, fix: string): ParseError => ({ ok: false, why, fix });
