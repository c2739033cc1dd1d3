/**
 * The texts in a source file in order: the content of quotes, and each part of a template between
 * two `${…}`, without comments and regular expressions. Good enough for this project's code, but
 * not for any code.
 */
export function textsOf(source: string): readonly string[] {
  const texts: string[] = [];
  /**
   * Reads code from `at` up to the `}` that ends a `${…}`, or to the end.
   *
   * @returns where it ended
   */
  const code = (from: number, nested: boolean): number => {
    let depth = 0;
    for (let at = from; at < source.length; at += 1) {
      const rest = source.slice(at, at + 2);
      const sign = source[at] ?? "";
      if (rest === "//") at = end("\n", at);
      else if (rest === "/*") at = end("*/", at) + 1;
      else if (sign === '"' || sign === "'") at = quoted(at, sign);
      else if (sign === "`") at = template(at);
      else if (sign === "/" && /[(,=:[!&|?{};>]\s*$/.test(source.slice(Math.max(0, at - 20), at)))
        at = regex(at);
      else if (sign === "{") depth += 1;
      else if (sign === "}" && depth > 0) depth -= 1;
      else if (sign === "}" && nested) return at;
    }
    return source.length;
  };
  const end = (text: string, from: number): number => {
    const at = source.indexOf(text, from);
    return at === -1 ? source.length : at;
  };
  const quoted = (from: number, quote: string): number => {
    let at = from + 1;
    while (at < source.length && source[at] !== quote) at += source[at] === "\\" ? 2 : 1;
    texts.push(source.slice(from + 1, at).replace(/\\(["'])/g, "$1"));
    return at;
  };
  const template = (from: number): number => {
    let start = from + 1;
    for (let at = start; at < source.length; at += 1) {
      if (source[at] === "\\") at += 1;
      else if (source[at] === "`") {
        texts.push(source.slice(start, at));
        return at;
      } else if (source.startsWith("${", at)) {
        texts.push(source.slice(start, at));
        at = code(at + 2, true);
        start = at + 1;
      }
    }
    return source.length;
  };
  const regex = (from: number): number => {
    let inClass = false;
    for (let at = from + 1; at < source.length; at += 1) {
      if (source[at] === "\\") at += 1;
      else if (source[at] === "[") inClass = true;
      else if (source[at] === "]") inClass = false;
      else if (source[at] === "/" && !inClass) return at;
      else if (source[at] === "\n") return from;
    }
    return from;
  };
  code(0, false);
  return texts;
}
