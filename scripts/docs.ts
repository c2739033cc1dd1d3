/** Writes what is made from the code: the tables of the README and of docs/authentik.md, and docs/labels.md. `npm run docs`; tests see that they are up to date. */
import { readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { labelsPage } from "./docs/page.ts";
import { withPermissions } from "./docs/permissions.ts";
import { withQuickStart } from "./docs/quick-start.ts";
import { withTables } from "./docs/tables.ts";

const ROOT = resolve(import.meta.dirname, "..");

const compose = await readFile(`${ROOT}/docker-compose.example.yml`, "utf8");
const envExample = await readFile(`${ROOT}/.env.example`, "utf8");
const readme = withTables(await readFile(`${ROOT}/README.md`, "utf8"));
await writeFile(`${ROOT}/README.md`, withQuickStart(readme, compose, envExample));
await writeFile(`${ROOT}/docs/labels.md`, labelsPage());
await writeFile(`${ROOT}/docs/authentik.md`, withPermissions(await readFile(`${ROOT}/docs/authentik.md`, "utf8")));
