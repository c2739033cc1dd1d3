/** As much YAML as our own examples are written in, and no more: what is not understood here is too clever for them. */

export type Yaml = string | readonly Yaml[] | { readonly [key: string]: Yaml };

interface Line {
  readonly indent: number;
  readonly text: string;
}

/** Scalars stay text. @throws on anything that is not a block map, a block or flow list, or a scalar */
export function yaml(text: string): Yaml {
  const lines = text
    .split("\n")
    .filter((line) => !/^\s*(#|$)/.test(line))
    .map((line): Line => ({ indent: line.search(/\S/), text: line.trim() }));
  const [value, rest] = block(lines);
  if (rest.length > 0) throw new Error(`not understood: ${rest[0]?.text}`);
  return value;
}

function block(lines: readonly Line[]): readonly [Yaml, readonly Line[]] {
  const [first] = lines;
  if (first === undefined) throw new Error("nothing where something has to be");
  const end = lines.findIndex(({ indent }) => indent < first.indent);
  const [mine, rest] = end === -1 ? [lines, []] : [lines.slice(0, end), lines.slice(end)];
  return [first.text.startsWith("- ") ? list(mine) : map(mine), rest];
}

/** `- key: value` is a map that begins two columns further in. */
function list(lines: readonly Line[]): Yaml {
  return parted(lines).map(([first, ...more]) => {
    if (first === undefined || !first.text.startsWith("- ")) throw new Error(`not an item: ${first?.text}`);
    const inner = { indent: first.indent + 2, text: first.text.slice(2) };
    return more.length === 0 && !KEY.test(inner.text) ? scalar(inner.text) : whole([inner, ...more]);
  });
}

function map(lines: readonly Line[]): Yaml {
  const entries = parted(lines).map(([first, ...more]): readonly [string, Yaml] => {
    const [, key = "", value] = KEY.exec(first?.text ?? "") ?? [];
    if (key === "") throw new Error(`not a key: ${first?.text}`);
    return [key, value === undefined ? whole(more) : scalar(value)];
  });
  if (new Set(entries.map(([key]) => key)).size < entries.length) throw new Error(`a key twice: ${entries.map(([key]) => key)}`);
  return Object.fromEntries(entries);
}

const KEY = /^([A-Za-z_][\w.[\]-]*):(?: (.+))?$/;

function whole(lines: readonly Line[]): Yaml {
  const [value, rest] = block(lines);
  if (rest.length > 0) throw new Error(`not understood: ${rest[0]?.text}`);
  return value;
}

/** The lines of each entry: one at the first indent, and what is further in. */
function parted(lines: readonly Line[]): readonly (readonly Line[])[] {
  const parts: Line[][] = [];
  for (const line of lines) line.indent === lines[0]?.indent ? parts.push([line]) : parts.at(-1)?.push(line);
  return parts;
}

function scalar(text: string): Yaml {
  if (text.startsWith('"')) return JSON.parse(text);
  const items = /^\[(.*)\]$/.exec(text)?.[1];
  if (items !== undefined) return items.split(", ").map(scalar);
  if (/^[[\]{}'*&!|>%@`]|: | #|:$/.test(text)) throw new Error(`to be put between quotes: ${text}`);
  return text;
}
