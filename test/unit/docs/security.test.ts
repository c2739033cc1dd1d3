import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { SETTING_NAMES } from "../../../src/config/settings.ts";
import { PROBLEM_CODES } from "../../../src/core/domain/problem.ts";
import { decoded, workload } from "../../support/builders.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const read = (page: string): string => readFileSync(resolve(ROOT, page), "utf8");
const PAGE = read("docs/security.md");
const COMPOSE = read("docker-compose.example.yml");
const POLICY = read("SECURITY.md");
const UPGRADING = read("docs/upgrading.md");

/** The cells of the table rows below a heading. */
function rowsUnder(heading: string): readonly (readonly string[])[] {
  const [, section = ""] = PAGE.split(`\n## ${heading}\n`);
  const lines = (section.split("\n## ")[0] ?? "")
    .split("\n")
    .filter((line) => line.startsWith("| "));
  return lines.slice(1).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe("the promises in docs/security.md", () => {
  const promises = rowsUnder("The promises, and the tests that show them").map(
    ([promise = "", tests = ""]) => ({
      promise,
      files: [...tests.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(([, file = ""]) => file),
    }),
  );

  it("docs/security.md makes at least thirteen promises", () => {
    expect(promises.length).toBeGreaterThanOrEqual(13);
  });

  it.each(promises)("an existing test with assertions shows the promise: $promise", ({ files }) => {
    expect(files).not.toEqual([]);
    for (const file of files) {
      expect(file).toMatch(/^test\/.+\.test\.ts$/);
      expect(existsSync(resolve(ROOT, file)), file).toBe(true);
      expect(read(file), file).toMatch(/\bexpect\w*\(/);
    }
  });
});

describe("the pages about security", () => {
  it("the pages about security name only existing settings", () => {
    const known = new Set(SETTING_NAMES);
    const named =
      `${PAGE}${POLICY}${UPGRADING}`.match(/\b(?:CFAUTH|AUTHENTIK|CLOUDFLARE)_[A-Z_]+\b/g) ?? [];
    expect([...new Set(named)].filter((name) => !known.has(name))).toEqual([]);
  });

  it("the pages about security name only existing problem codes", () => {
    const named = `${PAGE}${POLICY}${UPGRADING}`.match(/\bCFA-[A-Z-]+[A-Z]\b/g) ?? [];
    expect(
      [...new Set(named)].filter((code) => !(PROBLEM_CODES as readonly string[]).includes(code)),
    ).toEqual([]);
  });

  it("docs/security.md says what each way to reach containers defends against and what it costs", () => {
    const rows = rowsUnder("How cloudflared finds a container");
    expect(rows.map(([way = ""]) => way)).toEqual(["`name`", "`id`", "`ip`", "`published`"]);
    expect(
      rows.every((cells) => cells.length === 4 && cells.every((cell) => cell.length > 3)),
    ).toBe(true);
  });

  it("docs/security.md says what everyone in the threat model can do and must not be able to do", () => {
    const rows = rowsUnder("Threat model");
    expect(rows).toHaveLength(8);
    expect(rows.every((cells) => cells.length === 3 && cells.every((cell) => cell !== ""))).toBe(
      true,
    );
  });

  it("SECURITY.md says how to report a vulnerability, what counts and what does not", () => {
    expect(POLICY).toMatch(/^## Reporting a vulnerability$/m);
    expect(POLICY).toContain("Report a vulnerability");
    for (const heading of ["What counts", "What does not"])
      expect(
        POLICY.split(`## ${heading}\n`)[1]?.split("\n## ")[0]?.match(/^- /gm)?.length ?? 0,
      ).toBeGreaterThan(3);
  });
});

it("the example in docs/security.md closes Authentik's administration and leaves its login open", () => {
  const [, yaml = ""] = /```yaml\n(.*?)```/s.exec(PAGE) ?? [];
  const labels = [...yaml.matchAll(/^ {6}(cfauth\S+): (.+)$/gm)].map(([, name = "", text = ""]) => [
    name,
    text.replace(/^"(.*)"$/, "$1"),
  ]);
  const { exposures, problems } = decoded([workload(Object.fromEntries(labels))], {
    lookups: {
      groups: { found: [{ pk: "1", name: "authentik Admins" }] },
      policies: [],
      tokens: { found: [] },
    },
  });
  expect(problems).toEqual([]);
  expect(
    exposures
      .map(({ route, protection }) => `${route.hostname}${route.path ?? ""} ${protection.kind}`)
      .toSorted(),
  ).toEqual(["auth.example.com login", "auth.example.com/if/admin authentik"]);
});

it("docs/security.md has the same rule for the socket proxy as the example Compose file", () => {
  const [, rule = ""] = /-allowGET=(\S+)'/.exec(COMPOSE) ?? [];
  expect(rule).not.toBe("");
  expect(PAGE.replaceAll("\\|", "|")).toContain(`-allowGET=${rule}\``);
});
