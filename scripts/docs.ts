/**
 * Writes what is made from the code: the tables of the README and of docs/authentik.md, docs/labels.md, and the schemas for editors in
 * contrib/. `npm run docs`; tests see that they are up to date.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { labelsPage } from "./docs/page.ts";
import { withPermissions } from "./docs/permissions.ts";
import { composeSchema, labelsSchema, printed } from "./docs/schema.ts";
import { withTables } from "./docs/tables.ts";

const ROOT = resolve(import.meta.dirname, "..");

await writeFile(`${ROOT}/README.md`, withTables(await readFile(`${ROOT}/README.md`, "utf8")));
await writeFile(`${ROOT}/docs/labels.md`, labelsPage());
await writeFile(`${ROOT}/docs/authentik.md`, withPermissions(await readFile(`${ROOT}/docs/authentik.md`, "utf8")));
await mkdir(`${ROOT}/contrib`, { recursive: true });
await writeFile(`${ROOT}/contrib/labels.schema.json`, printed(labelsSchema()));
await writeFile(`${ROOT}/contrib/compose.schema.json`, printed(composeSchema()));
