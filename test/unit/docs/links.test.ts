import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { indexPage } from "../../../tools/docs/index.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const read = (page: string): string => readFileSync(join(ROOT, page), "utf8");
const PAGES = globSync(["*.md", "docs/**/*.md"], { cwd: ROOT }).toSorted();

/** The page without code, in which brackets are no links and a # is no heading. */
const prose = (text: string): string =>
  text
    .replace(/^ *```[\s\S]*?^ *```$/gm, "")
    .replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()#]/g, " "));

/**
 * The anchor that GitHub gives a heading: letters, digits, `-` and `_` stay, spaces become hyphens.
 * The second heading of a name gets -1.
 */
function anchors(text: string): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const headings = [...text.replace(/^ *```[\s\S]*?^ *```$/gm, "").matchAll(/^#{1,6} (.+)$/gm)].map(
    ([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\p{M} _-]/gu, "")
        .replaceAll(" ", "-"),
  );
  return new Set(
    headings.map((slug) => {
      const times = seen.get(slug) ?? 0;
      seen.set(slug, times + 1);
      return times === 0 ? slug : `${slug}-${times}`;
    }),
  );
}

const linksIn = (page: string): readonly string[] =>
  [...prose(read(page)).matchAll(/\]\(<?([^()\s>]+)>?\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target));

/** Why a link is broken; undefined if it is not. */
function broken(page: string, target: string): string | undefined {
  const [path = "", anchor] = target.split("#");
  const file = path === "" ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, file))) return `${target}: there is no ${file}`;
  if (anchor === undefined) return undefined;
  return anchors(read(file)).has(anchor)
    ? undefined
    : `${target}: ${file} has no heading for #${anchor}`;
}

describe("links", () => {
  it.each(PAGES)("every link in %s leads somewhere", (page) => {
    expect(linksIn(page).flatMap((target) => broken(page, target) ?? [])).toEqual([]);
  });

  it("every link that cfauth itself shows leads somewhere", () => {
    const targets = globSync("src/**/*.ts", { cwd: ROOT }).flatMap((file) =>
      [...read(file).matchAll(/\bdocsUrl\("([^"]+)"\)/g)].map(([, target = ""]) => target),
    );
    expect(targets.length).toBeGreaterThan(0);
    expect(targets.flatMap((target) => broken("docs/README.md", target) ?? [])).toEqual([]);
  });

  it("a broken link is detected", () => {
    expect(broken("docs/access.md", "nothing.md")).toBe("nothing.md: there is no docs/nothing.md");
    expect(broken("docs/access.md", "labels.md#nothing")).toBe(
      "labels.md#nothing: docs/labels.md has no heading for #nothing",
    );
    expect(broken("README.md", "docs/labels.md#accessgroups")).toBeUndefined();
  });
});

it("docs/README.md names every page of docs/ with its purpose (npm run docs)", () => {
  const existing = PAGES.filter((page) => /^docs\/([^/]+|[^/]+\/README\.md)$/.test(page)).map(
    (page) => page.slice("docs/".length),
  );
  expect(read("docs/README.md")).toBe(indexPage(new Set(existing)));
});
