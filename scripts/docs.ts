/** Writes what is made from the code: the tables of the README, of docs/authentik.md and docs/monitoring.md, and docs/labels.md. `npm run docs`; tests see that they are up to date. */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { withMetrics } from "./docs/metrics.ts";
import { labelsPage } from "./docs/page.ts";
import { withPermissions } from "./docs/permissions.ts";
import { withTables } from "./docs/tables.ts";

const ROOT = resolve(import.meta.dirname, "..");

await writeFile(`${ROOT}/README.md`, withTables(await readFile(`${ROOT}/README.md`, "utf8")));
await writeFile(`${ROOT}/docs/labels.md`, labelsPage());
await writeFile(`${ROOT}/docs/authentik.md`, withPermissions(await readFile(`${ROOT}/docs/authentik.md`, "utf8")));
await writeFile(`${ROOT}/docs/monitoring.md`, withMetrics(await readFile(`${ROOT}/docs/monitoring.md`, "utf8")));
