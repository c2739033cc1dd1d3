import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { permissions, secretPermissions } from "../../../src/clients/authentik/permissions.ts";
import { withPermissions } from "../../../tools/docs/permissions.ts";

const PAGE = readFileSync(resolve(import.meta.dirname, "../../../docs/authentik.md"), "utf8");

const rows = PAGE.split("\n")
  .filter((line) => line.startsWith("| `authentik_"))
  .map((line) => line.split("|").map((cell) => cell.trim()));

it("docs/authentik.md lists the permissions that the code needs (npm run docs)", () => {
  expect(withPermissions(PAGE)).toBe(PAGE);
});

describe("the permissions of the token's user", () => {
  it("the table lists every permission once, with its purpose", () => {
    expect(rows.map(([, permission]) => permission)).toEqual(
      [...permissions, ...secretPermissions].map((it) => `\`${it}\``),
    );
    expect(rows.filter(([, , , needed]) => needed === "")).toEqual([]);
  });

  it("permissions are shown as in Authentik's own list", () => {
    const names = new Map(rows.map(([, permission = "", name = ""]) => [permission, name]));
    expect(names.get("`authentik_providers_oauth2.add_scopemapping`")).toBe(
      "Can add Scope Mapping",
    );
    expect(names.get("`authentik_core.view_group`")).toBe("Can view Group");
  });

  it("the copyable call grants all permissions that every version has, and no others, which would make Authentik refuse the whole call", () => {
    const [, body = ""] = /assigned_by_roles\/\$ROLE\/assign\/" -d '(\{.*?\})'/s.exec(PAGE) ?? [];
    expect(JSON.parse(body)).toEqual({ permissions });
  });
});

it("a page without the generated block is not treated as up to date", () => {
  expect(() => withPermissions("# Authentik\n")).toThrow(
    "docs/authentik.md has no <!-- permissions -->",
  );
});
