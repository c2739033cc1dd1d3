/**
 * Finds a quotation in a source text, whatever white space the formatter put into it.
 *
 * A line break or a trailing comma that the formatter adds makes no difference.
 *
 * @returns the start and the end of each occurrence, in characters
 */
export function findQuotation(
  source: string,
  quotation: string,
): readonly { readonly start: number; readonly end: number }[] {
  const tokens = quotation.match(/[\w$]+|[^\s\w$]/g) ?? [];
  const pattern = tokens
    .map((token) => `${/[)\]}]/.test(token) ? ",?\\s*" : ""}${literal(token)}`)
    .join("\\s*");
  return [...source.matchAll(new RegExp(pattern, "g"))].map(({ index, 0: found }) => ({
    start: index,
    end: index + found.length,
  }));
}

const literal = (token: string): string => token.replace(/[$()*+.?[\\\]^{|}/-]/g, "\\$&");
