/** Fails if two files of src/ export the same name for a type, a function or a constant. One name, one thing. */
import { globSync, readFileSync } from "node:fs";
import { resolve } from "node:path";

const ROOT = resolve(import.meta.dirname, "../..");
const EXPORTED =
  /^export (?:abstract |async )*(?:class|const|function\*?|interface|type) ([\w$]+)/gm;

const files = new Map<string, Set<string>>();
for (const file of globSync("src/**/*.ts", { cwd: ROOT })) {
  const source = readFileSync(resolve(ROOT, file), "utf8");
  for (const [, name = ""] of source.matchAll(EXPORTED))
    files.set(name, (files.get(name) ?? new Set()).add(file));
}
const twice = [...files].filter(([, where]) => where.size > 1).toSorted();
for (const [name, where] of twice)
  console.log(`${name} is exported by ${[...where].toSorted().join(" and ")}`);
process.exitCode = twice.length === 0 ? 0 : 1;
