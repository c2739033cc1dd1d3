import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { PROBLEM_CODES } from "../../../src/core/domain/problem.ts";
import { problemUrl } from "../../../src/core/links.ts";
import { FAMILIES } from "../../../tools/docs/problems/index.ts";
import { withProblems } from "../../../tools/docs/troubleshooting.ts";
import { textsOf } from "./sentences.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const PAGE = readFileSync(`${ROOT}/docs/troubleshooting.md`, "utf8");
const headings = [...PAGE.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) => heading);

it("docs/troubleshooting.md matches the code (npm run docs)", async () => {
  expect(await withProblems(PAGE)).toBe(PAGE);
});

describe("problem codes", () => {
  it("every problem code has one section, and no section has an unknown code", () => {
    expect(headings.filter((heading) => heading.startsWith("CFA-")).toSorted()).toEqual(
      PROBLEM_CODES.toSorted(),
    );
    expect(FAMILIES.flatMap(({ codes }) => codes).toSorted()).toEqual(PROBLEM_CODES.toSorted());
  });

  it.each(PROBLEM_CODES)("%s links to its section wherever it is shown", (code) => {
    expect(problemUrl(code)).toMatch(
      new RegExp(`/docs/troubleshooting\\.md#${code.toLowerCase()}$`),
    );
    expect(headings).toContain(code);
  });

  it("every problem code is used in the source, because otherwise its section would be useless", () => {
    const source = globSync("src/**/*.ts", { cwd: ROOT })
      .filter((file) => !file.endsWith("core/domain/problem.ts"))
      .map((file) => readFileSync(`${ROOT}/${file}`, "utf8"))
      .join("\n");
    expect(PROBLEM_CODES.filter((code) => !source.includes(`"${code}"`))).toEqual([]);
  });
});

/**
 * The files with the sentences of problems. Settings have their own faults, which settings.md
 * shows.
 */
const SOURCES = globSync("src/{clients,core,resources,sources}/**/*.ts", {
  cwd: ROOT,
}).map((file) => ({
  file,
  text: readFileSync(`${ROOT}/${file}`, "utf8"),
}));

const speaks = (text: string): boolean =>
  /code: "CFA-|"CFA-[A-Z-]+",\n|valueFault\(|faulty\(/.test(text);

/** A sentence, or a part of one between two values: at least three words. */
const isSentence = (text: string): boolean =>
  /[a-z]{2,}[ ,;:]+[a-z(A-Z]+.*[ ,;:]+[a-zA-Z]{2,}/.test(text) && !text.includes("\\");

const flat = (text: string): string => text.replace(/[`*]/g, "").replace(/\s+/g, " ").trim();

/** Not shown as problems: names of objects, and messages to a daemon that stops. */
const NOT_SAID: readonly string[] = [
  "authentik Internal JWT Certificate",
  "authentik Self-signed Certificate",
  "the rule to",
  "· ending old logins",
  "cfauth is stopping and did not call Cloudflare",
  "was not called because cfauth is stopping,",
];

it("docs/troubleshooting.md has every sentence of every problem", () => {
  const page = flat(PAGE);
  const missing = SOURCES.filter(({ text }) => speaks(text)).flatMap(({ file, text }) =>
    textsOf(text)
      .filter(isSentence)
      .map(flat)
      .filter((sentence) => !page.includes(sentence) && !NOT_SAID.includes(sentence))
      .map((sentence) => `${file}: ${sentence}`),
  );
  expect(
    missing,
    "add an example to tools/docs/problems that makes cfauth say it, then npm run docs",
  ).toEqual([]);
});

/** The reasons why a route waits, as the text between the inserted values. */
const REASONS = globSync("src/{core/plan,resources}/**/*.ts", { cwd: ROOT })
  .toSorted()
  .flatMap((file) => [
    ...readFileSync(resolve(ROOT, file), "utf8").matchAll(
      /\b(?:reason|pendingReason):\s*("[^"]+"|`[^`]+`)/g,
    ),
  ])
  .map(([, text = ""]) => text.slice(1, -1));

it("the table of pending reasons has every reason of the planner", () => {
  const [, section = ""] = PAGE.split("\n## A route waits\n");
  const table = flat(section.split("\n## ")[0] ?? "");
  expect(REASONS.length).toBeGreaterThan(10);
  const pieces = REASONS.flatMap((reason) =>
    reason.split(/\$\{[^}]+\}/).map((piece) => flat(piece).replace(/^[\s;,]+|[\s;,]+$/g, "")),
  );
  expect(pieces.filter((piece) => !table.includes(piece))).toEqual([]);
});

it("texts are distinguished from comments, regular expressions and code", () => {
  expect(
    textsOf(
      'const a = "one"; // "two"\nconst b = /["\'`]/; /* "three" */ const c = `four $' +
        '{d("five", `six $' +
        "{e} seven`)} eight`;",
    ),
  ).toEqual(["one", "four ", "five", "six ", " seven", " eight"]);
});
