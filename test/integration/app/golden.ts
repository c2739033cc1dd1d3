/**
 * Long expected texts in files of their own. `CFAUTH_UPDATE_GOLDEN=true npx vitest run --project integration <test>` rewrites them;
 * read the diff before you commit it.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

export interface GoldenFiles {
  /** The names of all files, without `.txt`. */
  names(): readonly string[];
  /** Asserts that the text equals the file, apart from the file's last newline. */
  expectText(name: string, text: string): void;
}

/** @throws if the files would be rewritten in CI */
export function goldenFiles(folder: string): GoldenFiles {
  const update = process.env["CFAUTH_UPDATE_GOLDEN"] === "true";
  if (update && process.env["CI"] !== undefined)
    throw new Error("CFAUTH_UPDATE_GOLDEN must not be set in CI");
  return {
    names: () => readdirSync(folder).map((file) => file.replace(/\.txt$/, "")),
    expectText: (name, text) => {
      const path = join(folder, `${name}.txt`);
      if (update) writeFileSync(path, `${text}\n`);
      expect(`${text}\n`).toBe(readFileSync(path, "utf8"));
    },
  };
}
