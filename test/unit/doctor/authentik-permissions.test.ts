import { expect, it } from "vitest";
import type { Authentik } from "../../../src/clients/authentik/authentik.ts";
import { ServiceError } from "../../../src/core/errors.ts";
import { readGrantedPermissions } from "../../../src/doctor/authentik-permissions.ts";

const VIEW = { app_label: "authentik_flows", codename: "view_flow" };
const ADD = { app_label: "authentik_core", codename: "add_application" };

/** Answers by path and query. Unlisted requests are refused. */
const authentik = (answers: Readonly<Record<string, unknown>>): Authentik => {
  const find = (path: string, query: object = {}): unknown => {
    const found =
      answers[`${path}${Object.entries(query).map(([key, value]) => `?${key}=${value}`)}`];
    if (found !== undefined) return found;
    throw new ServiceError({
      service: "authentik",
      code: "CFA-AK-PERMISSION",
      message: path,
      fix: "",
      transient: false,
      status: 403,
    });
  };
  return {
    request: async (_, shape, { path, query }) => shape.parse(find(path, query)),
    list: async (_, shape, { path, query }) =>
      (find(path, query) as readonly unknown[]).map((it) => shape.parse(it)),
    close: () => {},
  };
};

const me = { pk: 7, username: "cfauth", is_superuser: false };

it("from 2025.12 on, a user's permissions are those of its roles", async () => {
  const known = authentik({
    "/rbac/permissions/?role=r1": [VIEW],
    "/rbac/permissions/?role=r2": [ADD],
  });
  const found = await readGrantedPermissions(known, {
    ...me,
    roles: [{ pk: "r1" }, { pk: "r2" }],
    groups: [{ pk: "unread" }],
  });
  expect([[...found.permissions], found.whole]).toEqual([
    ["authentik_flows.view_flow", "authentik_core.add_application"],
    true,
  ]);
});

it("before 2025.12, a user's permissions are its own and those of its groups' roles", async () => {
  const known = authentik({
    "/rbac/permissions/?user=7": [VIEW],
    "/core/groups/g1/": { roles: ["r1"] },
    "/rbac/permissions/?role=r1": [ADD],
  });
  const found = await readGrantedPermissions(known, { ...me, groups: [{ pk: "g1" }] });
  expect([[...found.permissions], found.whole]).toEqual([
    ["authentik_flows.view_flow", "authentik_core.add_application"],
    true,
  ]);
});

it("a group that may not be read leaves the permissions of its roles unknown", async () => {
  const found = await readGrantedPermissions(authentik({ "/rbac/permissions/?user=7": [VIEW] }), {
    ...me,
    groups: [{ pk: "g1" }],
  });
  expect([[...found.permissions], found.whole]).toEqual([["authentik_flows.view_flow"], false]);
});
