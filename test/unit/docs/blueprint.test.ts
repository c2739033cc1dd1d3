/**
 * The blueprint that creates cfauth's account in Authentik: it grants what cfauth needs and nothing
 * more.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { permissions } from "../../../src/clients/authentik/permissions.ts";

interface Entry {
  readonly model: string;
  readonly id?: string;
  readonly identifiers: Readonly<Record<string, string>>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

const TEXT = readFileSync(
  resolve(import.meta.dirname, "../../../contrib/authentik/cfauth-blueprint.yaml"),
  "utf8",
);
const TAGS = ["!KeyOf", "!Env"].map((tag) => ({
  tag,
  resolve: (value: string) => `${tag} ${value}`,
}));
const ENTRIES = (parse(TEXT, { customTags: TAGS }) as { readonly entries: readonly Entry[] })
  .entries;

function entry(model: string): Entry {
  const found = ENTRIES.filter((it) => it.model === model);
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`not just one ${model}`);
  return only;
}

test("the role has every permission that the daemon needs, and no other", () => {
  expect(entry("authentik_rbac.role").attrs["permissions"]).toEqual(permissions);
});

test("the account has the role through its group and is no administrator", () => {
  const [role, group, account] = [
    "authentik_rbac.role",
    "authentik_core.group",
    "authentik_core.user",
  ].map(entry);
  expect(group?.attrs).toEqual({ is_superuser: false, roles: [`!KeyOf ${role?.id}`] });
  expect(account?.attrs).toMatchObject({
    type: "service_account",
    groups: [`!KeyOf ${group?.id}`],
  });
});

test("the token is an API token that does not expire, and its key is in no file", () => {
  expect(entry("authentik_core.token").attrs).toMatchObject({
    key: "!Env CFAUTH_TOKEN",
    user: `!KeyOf ${entry("authentik_core.user").id}`,
    intent: "api",
    expiring: false,
  });
});
