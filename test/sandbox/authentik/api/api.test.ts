import { expect, test } from "vitest";
import { addGroup } from "../people.ts";
import { flowKey, openAuthentik } from "../testing.ts";

const SCOPE = "goauthentik.io/providers/oauth2/scope-";

test("a wrong token gets 403, not 401", async () => {
  await using authentik = await openAuthentik();
  const wrong = { authorization: "Bearer nonsense" };
  expect(await authentik.ask("GET", "/core/users/me/", undefined, wrong)).toEqual({
    status: 403,
    body: { detail: "Token invalid/expired" },
  });
  expect(await authentik.ask("GET", "/root/config/", undefined, wrong)).toMatchObject({
    status: 200,
  });
});

test("a path without its trailing slash is not found", async () => {
  await using authentik = await openAuthentik();
  expect((await authentik.ask("GET", "/core/users/me")).status).toBe(404);
  expect((await authentik.ask("GET", "/core/users/me/")).body.user).toMatchObject({
    username: "akadmin",
    is_superuser: true,
  });
});

test("a daemon can read health and version, and the journal shows its calls", async () => {
  await using authentik = await openAuthentik();
  expect((await fetch(`${authentik.url}/-/health/ready/`)).status).toBe(200);
  expect((await authentik.ask("GET", "/admin/version/")).body).toMatchObject({
    version_current: "2026.8.3",
  });
  expect(authentik.controls.calls).toMatchObject([
    { api: "authentik", method: "GET", path: "/admin/version/", status: 200 },
  ]);
});

test("a list has twenty rows per page, at most a hundred, and names the next page by number", async () => {
  await using authentik = await openAuthentik();
  for (let n = 0; n < 130; n += 1) addGroup(authentik.state, { name: `g${n}` });
  const page = async (query: string) =>
    (await authentik.ask("GET", `/core/groups/?include_users=false${query}`)).body;
  expect((await page("")).results).toHaveLength(20);
  expect((await page("&page_size=500")).pagination).toEqual({
    next: 2,
    previous: 0,
    count: 133,
    current: 1,
    total_pages: 2,
    start_index: 1,
    end_index: 100,
  });
  expect((await page("&page_size=100&page=2")).pagination).toMatchObject({
    next: 0,
    previous: 1,
    start_index: 101,
    end_index: 133,
  });
  expect(await page("&page=9")).toEqual({ detail: "Invalid page." });
});

test("a group embeds its users unless include_users=false", async () => {
  await using authentik = await openAuthentik();
  const first = async (query: string) =>
    (await authentik.ask("GET", `/core/groups/?name=family${query}`)).body.results[0];
  expect((await first("")).users_obj).toMatchObject([{ username: "alice" }]);
  expect(await first("&include_users=false")).toMatchObject({ name: "family", users: [] });
});

test("the default flows, scopes and certificate are found by their names", async () => {
  await using authentik = await openAuthentik();
  const names = async (path: string): Promise<string[]> =>
    (await authentik.ask("GET", path)).body.results.map(({ name }: { name: string }) => name);
  expect(
    (await authentik.ask("GET", "/flows/instances/default-provider-invalidation-flow/")).body,
  ).toMatchObject({
    designation: "invalidation",
  });
  expect(
    await names("/flows/instances/?slug=default-provider-authorization-explicit-consent"),
  ).toEqual(["Authorize Application"]);
  expect((await authentik.ask("GET", "/flows/instances/nope/")).status).toBe(404);
  expect(
    await names("/crypto/certificatekeypairs/?has_key=true&name=authentik+Self-signed+Certificate"),
  ).toEqual(["authentik Self-signed Certificate"]);
  expect(
    await names(`/propertymappings/provider/scope/?managed=${SCOPE}email&managed=${SCOPE}openid`),
  ).toEqual([
    "authentik default OAuth Mapping: OpenID 'email'",
    "authentik default OAuth Mapping: OpenID 'openid'",
  ]);
});

test("a request for a managed scope that does not exist gets 400, not an empty list", async () => {
  await using authentik = await openAuthentik();
  const { status, body } = await authentik.ask(
    "GET",
    "/propertymappings/provider/scope/?managed=nope",
  );
  expect(status).toBe(400);
  expect(body.managed[0]).toContain("Select a valid choice");
});

test("during the first boot the API answers, but the default objects are missing", async () => {
  await using authentik = await openAuthentik({ ready: false });
  expect((await authentik.ask("GET", "/core/users/me/")).status).toBe(200);
  expect((await authentik.ask("GET", "/flows/instances/")).body.results).toEqual([]);
  expect(
    (await authentik.ask("GET", `/propertymappings/provider/scope/?managed=${SCOPE}email`)).status,
  ).toBe(400);
  await authentik.finishBoot();
  expect((await authentik.ask("GET", "/flows/instances/")).body.results).toHaveLength(5);
});

test("a scope mapping can be created, changed and deleted", async () => {
  await using authentik = await openAuthentik();
  const path = "/propertymappings/provider/scope/";
  const { body } = await authentik.ask("POST", path, {
    name: "cf",
    scope_name: "cf_groups",
    expression: "return {}",
  });
  expect(
    (await authentik.ask("PATCH", `${path}${body.pk}/`, { expression: 'return {"a": "b"}' })).body
      .expression,
  ).toBe('return {"a": "b"}');
  expect((await authentik.ask("GET", `${path}?scope_name=cf_groups`)).body.results).toHaveLength(1);
  expect((await authentik.ask("DELETE", `${path}${body.pk}/`)).status).toBe(204);
});

test("a fault can affect a request of the API", async () => {
  await using authentik = await openAuthentik();
  authentik.controls.fault(({ path }) => path === "/core/users/me/", {
    kind: "status",
    status: 502,
  });
  expect((await authentik.ask("GET", "/core/users/me/")).status).toBe(502);
  expect((await authentik.ask("GET", "/core/users/me/")).status).toBe(200);
  expect(flowKey(authentik.state, "default-authentication-flow")).toBeDefined();
});
