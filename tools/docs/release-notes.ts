/** Prints the part of CHANGELOG.md for a tag: `node tools/docs/release-notes.ts v1.2.3`. Exits with 1 if the tag cannot be released. */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import about from "../../package.json" with { type: "json" };
import { releaseNotes } from "./changelog.ts";

const changelog = await readFile(resolve(import.meta.dirname, "../../CHANGELOG.md"), "utf8");
const notes = releaseNotes(process.argv[2] ?? "", about.version, changelog);
if (notes.ok) process.stdout.write(`${notes.text}\n`);
else {
  process.stderr.write(`${notes.fault}\n`);
  process.exitCode = 1;
}
