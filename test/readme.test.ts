import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { withTables } from "../scripts/docs/tables.ts";
import { SETTING_NAMES } from "../src/config/settings.ts";

const README = readFileSync(resolve(import.meta.dirname, "../README.md"), "utf8");

it("shows the labels as the catalogue has them (npm run docs)", () => {
  expect(withTables(README)).toBe(README);
});

it("names every setting", () => {
  // The only value that CFAUTH_SOURCES takes in this version is its default.
  expect(SETTING_NAMES.filter((name) => name !== "CFAUTH_SOURCES" && !README.includes(`\`${name}\``))).toEqual([]);
});
