import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { withTables } from "../../../tools/docs/tables.ts";

const README = readFileSync(resolve(import.meta.dirname, "../../../README.md"), "utf8");

it("the README shows the labels and settings of the code (npm run docs)", () => {
  expect(withTables(README)).toBe(README);
});

it("the README shows every required setting and links to its section", () => {
  const required = README.split("\n").filter((line) => line.endsWith("| **required** |"));
  const linked = required.map((line) =>
    /^\| \[`(\w+)`\]\(docs\/settings\.md#(\w+)\)/.exec(line)?.slice(1),
  );
  expect(linked).toEqual([
    ["CLOUDFLARE_API_TOKEN", "cloudflare_api_token"],
    ["AUTHENTIK_URL", "authentik_url"],
    ["AUTHENTIK_TOKEN", "authentik_token"],
  ]);
});

it("the README links to the pages with all labels and all settings", () => {
  for (const page of ["docs/labels.md", "docs/settings.md"]) expect(README).toContain(`](${page})`);
});
