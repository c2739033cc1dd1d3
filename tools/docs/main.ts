/**
 * `npm run docs` writes what is generated from the code: tables in the README and other pages,
 * docs/labels.md, docs/settings.md, the indexes of pages and decisions, and the schemas for editors in
 * contrib/. Tests check that they are up to date.
 */
import { globSync } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { decisionsPage } from "./decisions.ts";
import { indexPage } from "./index.ts";
import { withLimits } from "./limits.ts";
import { withMetrics } from "./metrics.ts";
import { labelsPage } from "./page.ts";
import { withPermissions } from "./permissions.ts";
import { withQuickStart } from "./quick-start.ts";
import { composeSchema, labelsSchema, printed } from "./schema.ts";
import { settingsPage } from "./settings.ts";
import { withTables } from "./tables.ts";
import { withTokenLink } from "./token.ts";
import { withProblems } from "./troubleshooting.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** @param render - returns the new text of the page for its current text */
async function write(
  page: string,
  render: (text: string) => string | Promise<string>,
): Promise<void> {
  const path = `${ROOT}/${page}`;
  await writeFile(path, await render(await readFile(path, "utf8")));
}

const compose = await readFile(`${ROOT}/docker-compose.example.yml`, "utf8");
const envExample = await readFile(`${ROOT}/.env.example`, "utf8");
await write("README.md", (text) => withQuickStart(withTables(text), compose, envExample));
await write("docs/labels.md", labelsPage);
await write("docs/settings.md", settingsPage);
await write("docs/getting-started.md", (text) =>
  withQuickStart(withTokenLink(text), compose, envExample),
);
await write("docs/authentik.md", withPermissions);
await write("docs/troubleshooting.md", withProblems);
await write("docs/monitoring.md", withMetrics);
await write("docs/reliability.md", withLimits);
await write("contrib/labels.schema.json", () => printed(labelsSchema()));
await write("contrib/compose.schema.json", () => printed(composeSchema()));

const pages = globSync(["*.md", "*/README.md"], { cwd: `${ROOT}/docs` });
await write("docs/README.md", () => indexPage(new Set(pages)));

const records = (await readdir(`${ROOT}/docs/decisions`)).filter((name) =>
  /^\d{4}-.+\.md$/.test(name),
);
const texts = records.map(
  async (name) => [name, await readFile(`${ROOT}/docs/decisions/${name}`, "utf8")] as const,
);
const index = decisionsPage(new Map(await Promise.all(texts)));
await write("docs/decisions/README.md", () => index);
