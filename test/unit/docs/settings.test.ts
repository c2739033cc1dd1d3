import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../src/config/config.ts";
import { RawSettings, SETTING_NAMES } from "../../../src/config/settings.ts";
import { SETTINGS } from "../../../tools/docs/setting-rows.ts";
import { settingsPage } from "../../../tools/docs/settings.ts";

const PAGE = readFileSync(resolve(import.meta.dirname, "../../../docs/settings.md"), "utf8");
const ROWS = SETTINGS.flatMap(({ settings }) => Object.entries(settings)).filter(([name]) =>
  SETTING_NAMES.includes(name),
);

const REQUIRED = {
  CLOUDFLARE_API_TOKEN: "a-token-of-mine",
  AUTHENTIK_URL: "https://auth.example.com",
  AUTHENTIK_TOKEN: "another-token",
};
const pem = (): string => "PEM";

it("docs/settings.md matches the schema (npm run docs)", () => {
  expect(PAGE).toBe(settingsPage());
});

it("every setting is documented once", () => {
  const documented = ROWS.map(([name]) => name);
  const missing = SETTING_NAMES.filter((name) => !documented.includes(name));
  expect(
    missing,
    "say in tools/docs/setting-rows.ts what they mean and what they take, then npm run docs",
  ).toEqual([]);
  expect(documented).toHaveLength(new Set(documented).size);
  expect([...PAGE.matchAll(/^### (\S+)$/gm)].map(([, name]) => name)).toEqual(documented);
});

describe("the tables of docs/settings.md", () => {
  const cells = PAGE.split("\n")
    .filter((line) => line.startsWith("| ["))
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const quoted = (cell = "") => /`([^`]+)`/.exec(cell)?.[1];
  const documentedDefaults = new Map(cells.map(([, name, , fallback]) => [quoted(name), fallback]));

  it("the tables of docs/settings.md name every setting of this version once, and no other", () => {
    const names = cells.map(([, name]) => quoted(name));
    expect(names.toSorted()).toEqual(SETTING_NAMES.toSorted());
  });

  it("the tables of docs/settings.md show each default of the schema", () => {
    const defaults = Object.entries(RawSettings.shape).flatMap(([name, { def }]) =>
      "defaultValue" in def && def.defaultValue !== "" ? [[name, def.defaultValue]] : [],
    );
    expect(defaults.map(([name = ""]) => [name, quoted(documentedDefaults.get(name))])).toEqual(
      defaults,
    );
    expect(defaults.length).toBeGreaterThan(15);
  });

  it("the tables of docs/settings.md say which settings are required", () => {
    const required = cells.flatMap(([, name, , fallback]) =>
      fallback === "**required**" ? [quoted(name)] : [],
    );
    expect(required).toEqual(["CLOUDFLARE_API_TOKEN", "AUTHENTIK_URL", "AUTHENTIK_TOKEN"]);
  });
});

describe("the example of a setting", () => {
  it.each(
    ROWS.flatMap(([name, { example }]) => (example === undefined ? [] : [{ name, example }])),
  )(
    "the example $name=$example is accepted, with the same result from NAME_FILE",
    ({ name, example }) => {
      const parsed = readConfig({ ...REQUIRED, [name]: example }, pem);
      expect(parsed).toMatchObject({ ok: true });
      const others = Object.fromEntries(
        Object.entries(REQUIRED).filter(([other]) => other !== name),
      );
      const byFile = readConfig({ ...others, [`${name}_FILE`]: "/run/secrets/it" }, (path) =>
        path === "/run/secrets/it" ? `${example}\n` : pem(),
      );
      expect(JSON.stringify(byFile)).toBe(JSON.stringify(parsed));
      expect(PAGE).toContain(`${name}=${example}\n`);
    },
  );
});

describe("settings with few values", () => {
  const few = ROWS.flatMap(([name, { values, takes }]) =>
    values === undefined ? [] : [{ name, values, takes }],
  );

  it.each(few)("each listed value of $name is accepted", ({ name, values, takes }) => {
    for (const value of values)
      expect(readConfig({ ...REQUIRED, [name]: value }, pem)).toMatchObject({ ok: true });
    expect([...takes.matchAll(/`([^`]+)`/g)].map(([, value]) => value)).toEqual(values);
  });

  it.each(few)(
    "no other value of $name is accepted, and the problem lists all of them",
    ({ name, values }) => {
      const read = readConfig({ ...REQUIRED, [name]: "something-else" }, pem);
      const problems = read.ok
        ? []
        : read.faults.map(({ name: of, why, fix }) => `${of} ${why}, ${fix}`);
      expect(problems).toHaveLength(1);
      expect(values.filter((value) => !problems[0]?.includes(value))).toEqual([]);
    },
  );
});
