/** What CHANGELOG.md says of one version. */

/** The text below `## [1.2.3] - 2026-11-25`, up to the next version; undefined if missing or empty. */
export function changesOf(changelog: string, version: string): string | undefined {
  const parts = changelog.split(/^(?=## \[)/m);
  const part = parts.find((text) => text.startsWith(`## [${version}] - `));
  const text = part
    ?.replace(/^.*\n?/, "")
    // Link targets at the end of the file.
    .replace(/^\[[^\]]+\]: \S+\n?/gm, "")
    .trim();
  return text === "" ? undefined : text;
}

type Notes =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly fault: string };

/** The release notes for a tag, `v1.2.3`, or why it cannot be released. */
export function releaseNotes(tag: string, version: string, changelog: string): Notes {
  if (tag !== `v${version}`)
    return {
      ok: false,
      fault: `the tag is ${tag}, but package.json has version ${version}: tag v${version}`,
    };
  const text = changesOf(changelog, version);
  if (text !== undefined) return { ok: true, text };
  return {
    ok: false,
    fault: `CHANGELOG.md has nothing under "## [${version}] - <date>": move the entries there from Unreleased`,
  };
}
