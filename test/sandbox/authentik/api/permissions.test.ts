import { expect, test } from "vitest";
import { type Opened, openAuthentik, wholeProvider, wire } from "../testing.ts";

const CORE = "authentik_core";
const OAUTH = "authentik_providers_oauth2";
const SCOPE = "/propertymappings/provider/scope/";

const allow = (authentik: Opened, ...permissions: string[]): void => {
  authentik.state.apiToken.permissions = new Set(permissions);
};

test.for([
  {
    method: "GET",
    path: "/core/applications/",
    permission: `${CORE}.view_application`,
    status: 200,
  },
  {
    method: "GET",
    path: "/core/applications/cf-tunnel-access/",
    permission: `${CORE}.view_application`,
    status: 200,
  },
  {
    method: "POST",
    path: "/core/applications/",
    permission: `${CORE}.add_application`,
    status: 201,
    body: { name: "W", slug: "w" },
  },
  {
    method: "PATCH",
    path: "/core/applications/cf-tunnel-access/",
    permission: `${CORE}.change_application`,
    status: 200,
    body: { name: "W" },
  },
  {
    method: "DELETE",
    path: "/core/applications/cf-tunnel-access/",
    permission: `${CORE}.delete_application`,
    status: 204,
  },
  {
    method: "GET",
    path: "/providers/oauth2/?name=x",
    permission: `${OAUTH}.view_oauth2provider`,
    status: 200,
  },
  {
    method: "GET",
    path: "/providers/oauth2/1/preview_user/",
    permission: `${OAUTH}.view_oauth2provider`,
    status: 200,
  },
  {
    method: "PATCH",
    path: "/providers/oauth2/1/",
    permission: `${OAUTH}.change_oauth2provider`,
    status: 200,
    body: { name: "p" },
  },
  {
    method: "DELETE",
    path: "/providers/oauth2/1/",
    permission: `${OAUTH}.delete_oauth2provider`,
    status: 204,
  },
  { method: "GET", path: SCOPE, permission: `${OAUTH}.view_scopemapping`, status: 200 },
  {
    method: "POST",
    path: SCOPE,
    permission: `${OAUTH}.add_scopemapping`,
    status: 201,
    body: { name: "g", scope_name: "g", expression: "return {}" },
  },
  {
    method: "GET",
    path: "/flows/instances/",
    permission: "authentik_flows.view_flow",
    status: 200,
  },
  {
    method: "GET",
    path: "/crypto/certificatekeypairs/",
    permission: "authentik_crypto.view_certificatekeypair",
    status: 200,
  },
  {
    method: "GET",
    path: "/core/groups/?include_users=false",
    permission: `${CORE}.view_group`,
    status: 200,
  },
  {
    method: "GET",
    path: "/policies/bindings/",
    permission: "authentik_policies.view_policybinding",
    status: 200,
  },
])(
  "$method $path needs $permission and no more",
  async ({ method, path, permission, status, body }) => {
    await using authentik = await openAuthentik();
    await wire(authentik);
    allow(authentik);
    expect(await authentik.ask(method, path, body)).toEqual({
      status: 403,
      body: { detail: "You do not have permission to perform this action." },
    });
    allow(authentik, permission);
    expect((await authentik.ask(method, path, body)).status).toBe(status);
  },
);

test("a token without permissions can read the version, its own user and the URLs of a provider", async () => {
  await using authentik = await openAuthentik();
  await wire(authentik);
  allow(authentik);
  for (const path of [
    "/admin/version/",
    "/core/users/me/",
    "/providers/oauth2/1/setup_urls/",
    "/root/config/",
  ])
    expect((await authentik.ask("GET", path)).status).toBe(200);
});

test("a token with few permissions does not belong to a superuser", async () => {
  await using authentik = await openAuthentik();
  const { application } = await wire(authentik);
  const group = authentik.state.groups.find(({ name }) => name === "family")?.pk;
  await authentik.ask("POST", "/policies/bindings/", { target: application.pk, group, order: 0 });
  allow(authentik, `${CORE}.view_application`);
  expect((await authentik.ask("GET", "/core/users/me/")).body.user.is_superuser).toBe(false);
  expect(
    (await authentik.ask("GET", "/core/applications/?superuser_full_list=true")).body.results,
  ).toEqual([]);
  authentik.state.apiToken.permissions = undefined;
  expect(
    (await authentik.ask("GET", "/core/applications/?superuser_full_list=true")).body.results,
  ).toHaveLength(1);
});

test("a forbidden request changes nothing", async () => {
  await using authentik = await openAuthentik();
  allow(authentik, `${OAUTH}.view_oauth2provider`);
  expect(
    (await authentik.ask("POST", "/providers/oauth2/", wholeProvider(authentik.state))).status,
  ).toBe(403);
  expect(authentik.state.providers).toEqual([]);
});

test("in an old version, an icon needs the permission to change the application, and scopes need the same as today", async () => {
  await using authentik = await openAuthentik({ version: "2024.2" });
  await authentik.ask("POST", "/core/applications/", { name: "W", slug: "w" });
  const icon = { url: "https://x.example.com/i.png" };
  allow(authentik, `${CORE}.add_application`);
  expect((await authentik.ask("POST", "/core/applications/w/set_icon_url/", icon)).status).toBe(
    403,
  );
  expect((await authentik.ask("GET", "/propertymappings/scope/")).status).toBe(403);
  allow(authentik, `${CORE}.change_application`, `${OAUTH}.view_scopemapping`);
  expect((await authentik.ask("POST", "/core/applications/w/set_icon_url/", icon)).status).toBe(
    200,
  );
  expect((await authentik.ask("GET", "/propertymappings/scope/")).status).toBe(200);
});

test("a preview for another user needs its own permission", async () => {
  await using authentik = await openAuthentik();
  await wire(authentik);
  allow(authentik, `${OAUTH}.view_oauth2provider`);
  expect((await authentik.ask("GET", "/providers/oauth2/1/preview_user/?for_user=2")).status).toBe(
    403,
  );
});
