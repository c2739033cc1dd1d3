import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { withTables } from "../scripts/docs/tables.ts";
import { RawSettings, SETTING_NAMES } from "../src/config/settings.ts";

const README = readFileSync(resolve(import.meta.dirname, "../README.md"), "utf8");

it("shows the labels as the catalogue has them (npm run docs)", () => {
  expect(withTables(README)).toBe(README);
});

describe("the table of settings", () => {
  const [, table = ""] = /^## Settings$(.*?)^## /ms.exec(README) ?? [];
  const rows = table
    .split("\n")
    .filter((line) => line.startsWith("| `"))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const quoted = (cell = "") => [...cell.matchAll(/`([^`]+)`/g)].map(([, text]) => text ?? "");
  const named = rows.flatMap(([, names]) => quoted(names));

  it("names every setting once, and no other", () => {
    // The only value that CFAUTH_SOURCES takes in this version is its default.
    expect(named.toSorted()).toEqual(SETTING_NAMES.filter((name) => name !== "CFAUTH_SOURCES").toSorted());
  });

  it("shows each default as it is", () => {
    const defaults = Object.entries(RawSettings.shape).flatMap(([name, { def }]) =>
      "defaultValue" in def && def.defaultValue !== "" && named.includes(name) ? [[name, def.defaultValue]] : [],
    );
    const shown = rows.flatMap(([, names, , fallback]) =>
      quoted(names).map((name): [string, string | undefined] => [name, quoted(fallback)[0]]),
    );
    const at = new Map(shown);
    expect(defaults.map(([name = ""]) => [name, at.get(name)])).toEqual(defaults);
    expect(defaults.length).toBeGreaterThan(15);
  });

  it("says which are required", () => {
    const required = rows.filter(([, , , fallback]) => fallback === "**required**").flatMap(([, names]) => quoted(names));
    expect(required).toEqual(["CLOUDFLARE_API_TOKEN", "AUTHENTIK_URL", "AUTHENTIK_TOKEN"]);
  });
});
