/** Writes the tables that are made from the code into the README. `npm run docs`; a test sees that they are up to date. */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { withTables } from "./docs/tables.ts";

const README = resolve(import.meta.dirname, "../README.md");

await writeFile(README, withTables(await readFile(README, "utf8")));
