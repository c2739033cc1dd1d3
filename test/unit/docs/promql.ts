/**
 * The part of PromQL that our rules and dashboard need: the metrics and labels that an expression
 * refers to.
 */

export interface Spoken {
  readonly metrics: readonly string[];
  /** Labels in braces after a metric. */
  readonly matched: readonly { readonly metric: string; readonly label: string }[];
  /** Labels after `by`. */
  readonly grouped: readonly string[];
}

const FUNCTIONS = new Set([
  "sum",
  "min",
  "max",
  "rate",
  "increase",
  "time",
  "vector",
  "histogram_quantile",
]);
const WORDS = new Set(["by", "or", "and", "unless"]);
const TOKEN =
  /\s*(?:([A-Za-z_][\w]*)|("[^"]*")|(\[[\w$]+\])|([0-9.]+)|(==|!=|=~|!~|>=|<=|[-+*/(){},=<>]))/y;

/** @throws on an expression that it cannot parse: an unknown function, a missing bracket */
export function spoken(expression: string): Spoken {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < expression.length) {
    const at = TOKEN.lastIndex;
    const [token] = TOKEN.exec(expression) ?? [];
    if (token === undefined) throw new Error(`not understood: ${expression.slice(at)}`);
    tokens.push(token.trim());
  }
  const open: string[] = [];
  const metrics: string[] = [];
  const matched: Spoken["matched"][number][] = [];
  const grouped: string[] = [];
  for (const [n, token] of tokens.entries()) {
    const [before, next] = [tokens[n - 1], tokens[n + 1]];
    if (token === "(" || token === "{") open.push(token === "(" && before === "by" ? "by" : token);
    else if (token === ")" || token === "}") {
      if ((open.pop() === "{") !== (token === "}")) throw new Error(`brackets: ${expression}`);
    } else if (/^[a-z_]/i.test(token) && !WORDS.has(token)) {
      const inside = open.at(-1);
      if (inside === "{") matched.push({ metric: metrics.at(-1) ?? "", label: token });
      else if (inside === "by") grouped.push(token);
      else if (next === "(" || next === "by") {
        if (!FUNCTIONS.has(token)) throw new Error(`no such function: ${token}`);
      } else metrics.push(token);
    }
  }
  if (open.length > 0) throw new Error(`brackets: ${expression}`);
  return { metrics, matched, grouped };
}
