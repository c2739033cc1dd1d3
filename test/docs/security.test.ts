import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { decoded, workload } from "../builders.ts";

const PAGE = readFileSync(resolve(import.meta.dirname, "../../docs/security.md"), "utf8");
const COMPOSE = readFileSync(resolve(import.meta.dirname, "../../docker-compose.example.yml"), "utf8");

it("the example in docs/security.md shuts Authentik's administration and leaves its login open", () => {
  const [, yaml = ""] = /```yaml\n(.*?)```/s.exec(PAGE) ?? [];
  const labels = [...yaml.matchAll(/^ {6}(cfauth\S+): (.+)$/gm)].map(([, name = "", text = ""]) => [name, text.replace(/^"(.*)"$/, "$1")]);
  const { exposures, problems } = decoded([workload(Object.fromEntries(labels))], {
    directory: { groups: { found: [{ pk: "1", name: "authentik Admins" }] }, policies: [], tokens: { found: [] } },
  });
  expect(problems).toEqual([]);
  expect(exposures.map(({ route, protection }) => `${route.hostname}${route.path ?? ""} ${protection.kind}`).toSorted()).toEqual([
    "auth.example.com login",
    "auth.example.com/if/admin authentik",
  ]);
});

it("the rule for the socket proxy in docs/security.md is the one of the example Compose file", () => {
  const [, rule = ""] = /-allowGET=(\S+)'/.exec(COMPOSE) ?? [];
  expect(rule).not.toBe("");
  expect(PAGE.replaceAll("\\|", "|")).toContain(`-allowGET=${rule}\``);
});
