import type { DnsRecord } from "../state.ts";

const TESTS: Readonly<Record<string, (value: string, wanted: string) => boolean>> = {
  exact: (value, wanted) => value === wanted,
  contains: (value, wanted) => value.includes(wanted),
  startswith: (value, wanted) => value.startsWith(wanted),
  endswith: (value, wanted) => value.endsWith(wanted),
  present: (value) => value !== "",
  absent: (value) => value === "",
};

/**
 * The records that match a listing's filters: `name`, `content` and `comment`, each plain or with `.exact`,
 * `.startswith` and so on, `type`, `proxied`, `search`. All filters must match or, with `match=any`, one of them.
 * Letter case does not count.
 */
export function filtered(records: readonly DnsRecord[], query: URLSearchParams): DnsRecord[] {
  const tests = [...query].flatMap(([key, wanted]) => filter(key, wanted.toLowerCase()) ?? []);
  if (tests.length === 0) return [...records];
  const any = query.get("match") === "any";
  return records.filter((record) =>
    any ? tests.some((test) => test(record)) : tests.every((test) => test(record)),
  );
}

function filter(key: string, wanted: string): ((record: DnsRecord) => boolean) | undefined {
  const [field = "", kind = "exact"] = key.split(".");
  if (field === "search")
    return ({ name, content, comment }) =>
      [name, content, comment ?? ""].some((text) => text.toLowerCase().includes(wanted));
  if (field === "proxied") return ({ proxied }) => `${proxied}` === wanted;
  const test = TESTS[kind];
  if (!test || !["name", "type", "content", "comment"].includes(field)) return undefined;
  return (record) => test(String(record[field] ?? "").toLowerCase(), wanted);
}
