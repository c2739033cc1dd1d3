/**
 * Prometheus's text format, parsed as strictly as Prometheus does:
 * https://prometheus.io/docs/instrumenting/exposition_formats/
 */

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
}

export interface Scrape {
  readonly families: readonly Family[];
  /** By name and labels as they are written: `cfauth_up{api="docker"}`. */
  readonly samples: ReadonlyMap<string, number>;
  /** The series of one metric, without its name; `{api="docker"}` → 1. */
  of(name: string): Readonly<Record<string, number>>;
}

const HELP = /^# HELP ([a-z_]+) (.+)$/;
const TYPE = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/;
const SAMPLE =
  /^([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)+\})? (-?[0-9.e+-]+|[+-]Inf|Nan)$/;

/** @throws on the first invalid line */
export function scraped(text: string): Scrape {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const families: Family[] = [];
  const samples = new Map<string, number>();
  let help: readonly [string, string] | undefined;
  for (const line of text.split("\n").filter((it) => it !== "")) {
    const [, about, words] = HELP.exec(line) ?? [];
    const [, typed, type] = TYPE.exec(line) ?? [];
    const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
    const last = families.at(-1);
    if (about !== undefined && words !== undefined) help = [about, words];
    else if (typed !== undefined && type !== undefined) {
      if (help?.[0] !== typed || families.some((it) => it.name === typed))
        throw new Error(`not right after its HELP, or twice: ${line}`);
      families.push({ name: typed, type, help: help[1] });
    } else if (name !== undefined && last !== undefined) {
      const suffix = last.type === "histogram" ? name.replace(last.name, "") : "";
      if (name !== `${last.name}${suffix}` || !["", "_bucket", "_sum", "_count"].includes(suffix))
        throw new Error(`under ${last.name}: ${line}`);
      if (samples.has(`${name}${labels}`)) throw new Error(`twice: ${line}`);
      samples.set(`${name}${labels}`, Number(value?.replace("Inf", "Infinity")));
    } else throw new Error(`not understood: ${line}`);
  }
  const of = (name: string): Record<string, number> =>
    Object.fromEntries(
      [...samples].flatMap(([key, value]) =>
        key === name || key.startsWith(`${name}{`) ? [[key.slice(name.length), value]] : [],
      ),
    );
  return { families, samples, of };
}
