import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { decisionsPage } from "../../../tools/docs/decisions.ts";

const FOLDER = resolve(import.meta.dirname, "../../../docs/decisions");
const read = (name: string): string => readFileSync(resolve(FOLDER, name), "utf8");
const RECORDS = globSync("[0-9]*.md", { cwd: FOLDER }).toSorted();

it("docs/decisions/README.md links to every record by its title (npm run docs)", () => {
  expect(RECORDS.length).toBeGreaterThan(10);
  expect(read("README.md")).toBe(decisionsPage(new Map(RECORDS.map((name) => [name, read(name)]))));
});

it("no two decision records have the same number", () => {
  const numbers = RECORDS.map((name) => name.slice(0, 4));
  expect(new Set(numbers).size).toBe(numbers.length);
});

it.each(RECORDS)(
  "the decision record %s has a context, a decision and consequences, in this order",
  (name) => {
    const headings = [...read(name).matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
    const usual = headings.filter((heading) =>
      ["Context", "Decision", "Consequences"].includes(heading ?? ""),
    );
    expect(usual).toEqual(["Context", "Decision", "Consequences"]);
    for (const part of read(name)
      .split(/^## .+$/m)
      .slice(1))
      expect(part.trim()).not.toBe("");
  },
);
