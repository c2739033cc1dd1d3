import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { LIVE, TROUBLE } from "../http/reports.ts";

const section =
  readFileSync(new URL("../../../docs/commands.md", import.meta.url), "utf8")
    .split(/^## /m)
    .find((it) => it.startsWith("cfauth status")) ?? "";

/** The names of all fields at every depth. */
const fields = (value: unknown): readonly string[] =>
  typeof value !== "object" || value === null
    ? []
    : Object.entries(value).flatMap(([name, inner]) => [
        ...(Array.isArray(value) ? [] : [name]),
        ...fields(inner),
      ]);

test("every field of /api/routes is documented", () => {
  const documented = [...section.matchAll(/`(\w+)`/g)].map(([, name]) => name);
  expect(
    [...new Set(fields([LIVE, TROUBLE]))].filter((name) => !documented.includes(name)),
  ).toEqual([]);
});
