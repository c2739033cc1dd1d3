import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { releaseNotes } from "../../../tools/docs/changelog.ts";

const CHANGELOG = `# Changelog

## [Unreleased]

### Added
- a plan

## [1.2.3] - 2026-11-25

### Fixed
- a typo

## [1.2.2] - 2026-11-01

[1.2.3]: https://example.com/1.2.3
`;

describe("the notes of a release", () => {
  test("release notes are the changelog of that version and of no other", () => {
    expect(releaseNotes("v1.2.3", "1.2.3", CHANGELOG)).toEqual({
      ok: true,
      text: "### Fixed\n- a typo",
    });
  });

  test.each([
    { name: "the tag is of another version", tag: "v1.2.4", version: "1.2.3", fault: "tag v1.2.3" },
    { name: "the tag has no v", tag: "1.2.3", version: "1.2.3", fault: "tag v1.2.3" },
    {
      name: "the changelog does not know the version",
      tag: "v1.3.0",
      version: "1.3.0",
      fault: '"## [1.3.0] - <date>"',
    },
    {
      name: "only a longer version exists",
      tag: "v1.2",
      version: "1.2",
      fault: '"## [1.2] - <date>"',
    },
    {
      name: "the version has no entries",
      tag: "v1.2.2",
      version: "1.2.2",
      fault: "nothing under",
    },
  ])("release notes are refused if $name", ({ tag, version, fault }) => {
    expect(releaseNotes(tag, version, CHANGELOG)).toEqual({
      ok: false,
      fault: expect.stringContaining(fault),
    });
  });
});

test("CHANGELOG.md has each kind of change once per version, in the usual order", () => {
  const versions = readFileSync(resolve(import.meta.dirname, "../../../CHANGELOG.md"), "utf8")
    .split(/^## /m)
    .slice(1);
  const kinds = versions.map((version) =>
    [...version.matchAll(/^### (.+)$/gm)].map(([, kind]) => kind),
  );
  const usual = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"];
  expect(kinds.map((its) => its.filter((kind) => !usual.includes(kind ?? "")))).toEqual(
    kinds.map(() => []),
  );
  expect(kinds).toEqual(kinds.map((its) => usual.filter((kind) => its.includes(kind))));
});
