import { expect, test } from "vitest";
import { addGroup } from "./people.ts";
import { CALLBACK, flowKey, openAuthentik, wholeProvider, wire } from "./testing.ts";

const SCOPE = "goauthentik.io/providers/oauth2/scope-";

test("a wrong token is forbidden, not unauthorized", async () => {
  await using authentik = await openAuthentik();
  const wrong = { authorization: "Bearer nonsense" };
  expect(await authentik.ask("GET", "/core/users/me/", undefined, wrong)).toEqual({ status: 403, body: { detail: "Token invalid/expired" } });
  expect(await authentik.ask("GET", "/root/config/", undefined, wrong)).toMatchObject({ status: 200 });
});

test("a path without its closing slash is not there", async () => {
  await using authentik = await openAuthentik();
  expect((await authentik.ask("GET", "/core/users/me")).status).toBe(404);
  expect((await authentik.ask("GET", "/core/users/me/")).body.user).toMatchObject({ username: "akadmin", is_superuser: true });
});

test("health, version and journal are as a daemon meets them", async () => {
  await using authentik = await openAuthentik();
  expect((await fetch(`${authentik.url}/-/health/ready/`)).status).toBe(200);
  expect((await authentik.ask("GET", "/admin/version/")).body).toMatchObject({ version_current: "2026.8.3" });
  expect(authentik.controls.calls).toMatchObject([{ api: "authentik", method: "GET", path: "/admin/version/", status: 200 }]);
});

test("lists have twenty rows a page, a hundred at most, and the next page as a number", async () => {
  await using authentik = await openAuthentik();
  for (let n = 0; n < 130; n += 1) addGroup(authentik.state, { name: `g${n}` });
  const page = async (query: string) => (await authentik.ask("GET", `/core/groups/?include_users=false${query}`)).body;
  expect((await page("")).results).toHaveLength(20);
  expect((await page("&page_size=500")).pagination).toEqual({
    next: 2, previous: 0, count: 133, current: 1, total_pages: 2, start_index: 1, end_index: 100,
  });
  expect((await page("&page_size=100&page=2")).pagination).toMatchObject({ next: 0, previous: 1, start_index: 101, end_index: 133 });
  expect(await page("&page=9")).toEqual({ detail: "Invalid page." });
});

test("groups embed their users unless told not to", async () => {
  await using authentik = await openAuthentik();
  const first = async (query: string) => (await authentik.ask("GET", `/core/groups/?name=family${query}`)).body.results[0];
  expect((await first("")).users_obj).toMatchObject([{ username: "alice" }]);
  expect(await first("&include_users=false")).toMatchObject({ name: "family", users: [] });
});

test("default flows, scopes and certificate are found by their names", async () => {
  await using authentik = await openAuthentik();
  const names = async (path: string): Promise<string[]> => (await authentik.ask("GET", path)).body.results.map(({ name }: { name: string }) => name);
  expect((await authentik.ask("GET", "/flows/instances/default-provider-invalidation-flow/")).body).toMatchObject({ designation: "invalidation" });
  expect(await names("/flows/instances/?slug=default-provider-authorization-explicit-consent")).toEqual(["Authorize Application"]);
  expect((await authentik.ask("GET", "/flows/instances/nope/")).status).toBe(404);
  expect(await names("/crypto/certificatekeypairs/?has_key=true&name=authentik+Self-signed+Certificate")).toEqual(["authentik Self-signed Certificate"]);
  expect(await names(`/propertymappings/provider/scope/?managed=${SCOPE}email&managed=${SCOPE}openid`)).toEqual([
    "authentik default OAuth Mapping: OpenID 'email'",
    "authentik default OAuth Mapping: OpenID 'openid'",
  ]);
});

test("to ask for a managed scope that is not there is a fault, not an empty list", async () => {
  await using authentik = await openAuthentik();
  const { status, body } = await authentik.ask("GET", "/propertymappings/provider/scope/?managed=nope");
  expect(status).toBe(400);
  expect(body.managed[0]).toContain("Select a valid choice");
});

test("until the first boot is over the API answers, but the default objects are missing", async () => {
  await using authentik = await openAuthentik({ ready: false });
  expect((await authentik.ask("GET", "/core/users/me/")).status).toBe(200);
  expect((await authentik.ask("GET", "/flows/instances/")).body.results).toEqual([]);
  expect((await authentik.ask("GET", `/propertymappings/provider/scope/?managed=${SCOPE}email`)).status).toBe(400);
  await authentik.finishBoot();
  expect((await authentik.ask("GET", "/flows/instances/")).body.results).toHaveLength(5);
});

test("a provider is made with random credentials and, from the API, without grant types", async () => {
  await using authentik = await openAuthentik();
  const { grant_types: _, ...wanted } = wholeProvider(authentik.state);
  const { status, body } = await authentik.ask("POST", "/providers/oauth2/", wanted);
  expect(status).toBe(201);
  expect(body).toMatchObject({
    grant_types: [], client_type: "confidential", sub_mode: "hashed_user_id", issuer_mode: "per_provider", include_claims_in_id_token: true,
    encryption_key: null, assigned_application_slug: null, redirect_uris: [{ matching_mode: "strict", url: CALLBACK, redirect_uri_type: "authorization" }],
  });
  expect([body.client_id.length, body.client_secret.length]).toEqual([40, 128]);
});

test("every fault of a provider is named by its field", async () => {
  await using authentik = await openAuthentik({ clumsy: true });
  await wire(authentik);
  const wrong = { ...wholeProvider(authentik.state), authorization_flow: "00000000-0000-4000-8000-000000000000", redirect_uris: [{ url: CALLBACK }] };
  expect(await authentik.ask("POST", "/providers/oauth2/", wrong)).toEqual({
    status: 400,
    body: {
      authorization_flow: ['Invalid pk "00000000-0000-4000-8000-000000000000" - object does not exist.'],
      redirect_uris: [{ matching_mode: ["This field is required."] }],
    },
  });
  expect((await authentik.ask("POST", "/providers/oauth2/", {})).body).toMatchObject({ name: ["This field is required."], invalidation_flow: ["This field is required."] });
  expect((await authentik.ask("POST", "/providers/oauth2/", wholeProvider(authentik.state))).body).toEqual({ name: ["OAuth2/OpenID Provider with this name already exists."] });
});

test("a patch replaces lists whole and leaves the rest", async () => {
  await using authentik = await openAuthentik();
  const { provider } = await wire(authentik);
  const redirect_uris = [{ matching_mode: "regex", url: "https://.*" }];
  const { body } = await authentik.ask("PATCH", `/providers/oauth2/${provider.pk}/`, { redirect_uris });
  expect(body.redirect_uris).toEqual([{ matching_mode: "regex", url: "https://.*", redirect_uri_type: "authorization" }]);
  expect(body.grant_types).toEqual(["authorization_code", "refresh_token"]);
});

test("providers are found by name, client and application", async () => {
  await using authentik = await openAuthentik();
  const { provider, application } = await wire(authentik);
  for (const query of ["name=cf-tunnel-access", `client_id=${provider.client_id}`, `application=${application.pk}`])
    expect((await authentik.ask("GET", `/providers/oauth2/?${query}`)).body.results).toMatchObject([{ pk: provider.pk, assigned_application_slug: "cf-tunnel-access" }]);
  expect((await authentik.ask("GET", "/providers/oauth2/?name=other")).body.results).toEqual([]);
});

test("setup URLs speak of the address that the caller used", async () => {
  await using authentik = await openAuthentik();
  const { provider } = await wire(authentik);
  const { body } = await authentik.ask("GET", `/providers/oauth2/${provider.pk}/setup_urls/`);
  expect(body.jwks).toBe(`${authentik.url}/application/o/cf-tunnel-access/jwks/`);
  const proxied = await authentik.ask("GET", `/providers/oauth2/${provider.pk}/setup_urls/`, undefined, { "x-forwarded-proto": "https" });
  expect(proxied.body.issuer).toMatch(/^https:.*\/application\/o\/cf-tunnel-access\/$/);
});

test("a provider without an application has no issuer and no JWKS", async () => {
  await using authentik = await openAuthentik();
  const { body } = await authentik.ask("POST", "/providers/oauth2/", wholeProvider(authentik.state));
  const urls = await authentik.ask("GET", `/providers/oauth2/${body.pk}/setup_urls/`);
  expect(urls).toMatchObject({ status: 200, body: { issuer: null } });
  expect(urls.body).not.toHaveProperty("jwks");
});

test("the preview shows the claims that a user would get", async () => {
  await using authentik = await openAuthentik();
  const { provider } = await wire(authentik);
  const alice = authentik.state.users.find(({ username }) => username === "alice");
  const { body } = await authentik.ask("GET", `/providers/oauth2/${provider.pk}/preview_user/?for_user=${alice?.pk}`);
  expect(body.preview).toMatchObject({ aud: provider.client_id, email: "alice@example.com", groups: ["family"] });
});

test("an application is found by its slug, and a second one of that slug refused", async () => {
  await using authentik = await openAuthentik({ clumsy: true });
  const tile = { name: "Wiki", slug: "cfauth-wiki", meta_launch_url: "https://wiki.example.com", meta_icon: "fa://fa-book", meta_publisher: "cfauth:home" };
  expect((await authentik.ask("POST", "/core/applications/", tile)).body).toMatchObject({ ...tile, provider: null, launch_url: "https://wiki.example.com" });
  expect((await authentik.ask("GET", "/core/applications/cfauth-wiki/")).body).toMatchObject(tile);
  expect(await authentik.ask("POST", "/core/applications/", tile)).toEqual({ status: 400, body: { slug: ["Application with this slug already exists."] } });
  expect((await authentik.ask("POST", "/core/applications/", { ...tile, slug: "token" })).status).toBe(400);
  expect((await authentik.ask("DELETE", "/core/applications/cfauth-wiki/")).status).toBe(204);
  expect((await authentik.ask("GET", "/core/applications/cfauth-wiki/")).status).toBe(404);
});

test("a provider serves one application only, and either goes without the other", async () => {
  await using authentik = await openAuthentik();
  const { provider, application } = await wire(authentik);
  expect((await authentik.ask("POST", "/core/applications/", { name: "Two", slug: "two", provider: provider.pk })).status).toBe(400);
  await authentik.ask("DELETE", `/providers/oauth2/${provider.pk}/`);
  expect(application.provider).toBeNull();
});

test("the list of applications repeats its first answer whatever the filter says", async () => {
  await using authentik = await openAuthentik();
  for (const slug of ["one", "two"]) await authentik.ask("POST", "/core/applications/", { name: slug, slug });
  const slugs = async (query: string): Promise<string[]> => (await authentik.ask("GET", `/core/applications/?${query}`)).body.results.map(({ slug }: { slug: string }) => slug);
  expect(await slugs("slug=one")).toEqual(["one"]);
  expect(await slugs("slug=two")).toEqual(["one"]);
  expect((await authentik.ask("GET", "/core/applications/?slug=nope")).body.pagination.count).toBe(0);
  await authentik.ask("DELETE", "/core/applications/one/");
  expect(await slugs("slug=two")).toEqual(["one"]);
  expect(await slugs("superuser_full_list=true&slug=two")).toEqual(["two"]);
  expect(await slugs("search=two")).toEqual(["two"]);
  await authentik.ask("POST", "/core/applications/", { name: "three", slug: "three" });
  expect(await slugs("")).toEqual(["three", "two"]);
});

test("the list of applications hides what the token's owner may not open", async () => {
  await using authentik = await openAuthentik();
  const { application } = await wire(authentik);
  const family = authentik.state.groups.find(({ name }) => name === "family")?.pk;
  await authentik.ask("POST", "/policies/bindings/", { target: application.pk, group: family, order: 0 });
  expect((await authentik.ask("GET", "/core/applications/")).body).toMatchObject({ pagination: { count: 1 }, results: [] });
});

test("the same binding made twice stands twice", async () => {
  await using authentik = await openAuthentik();
  const { application } = await wire(authentik);
  const binding = { target: application.pk, group: authentik.state.groups[0]?.pk, order: 0 };
  for (let n = 0; n < 2; n += 1) expect((await authentik.ask("POST", "/policies/bindings/", binding)).status).toBe(201);
  const listed = await authentik.ask("GET", `/policies/bindings/?target=${application.pk}`);
  expect(listed.body.results).toMatchObject([{ ...binding, group_obj: { name: "authentik Admins" } }, binding]);
  expect((await authentik.ask("DELETE", `/policies/bindings/${listed.body.results[0].pk}/`)).status).toBe(204);
  expect(authentik.state.bindings).toHaveLength(1);
});

test("bindings of an unknown target are a fault, and a patch must say what is bound", async () => {
  await using authentik = await openAuthentik();
  const { application } = await wire(authentik);
  expect((await authentik.ask("GET", "/policies/bindings/?target=00000000-0000-4000-8000-000000000000")).status).toBe(400);
  const group = authentik.state.groups[0]?.pk;
  const { body } = await authentik.ask("POST", "/policies/bindings/", { target: application.pk, group, order: 0 });
  expect((await authentik.ask("PATCH", `/policies/bindings/${body.pk}/`, { target: application.pk, enabled: false })).status).toBe(400);
  expect((await authentik.ask("PATCH", `/policies/bindings/${body.pk}/`, { target: application.pk, group, enabled: false })).body.enabled).toBe(false);
});

test("a scope mapping can be made, changed and removed", async () => {
  await using authentik = await openAuthentik();
  const path = "/propertymappings/provider/scope/";
  const { body } = await authentik.ask("POST", path, { name: "cf", scope_name: "cf_groups", expression: "return {}" });
  expect((await authentik.ask("PATCH", `${path}${body.pk}/`, { expression: 'return {"a": "b"}' })).body.expression).toBe('return {"a": "b"}');
  expect((await authentik.ask("GET", `${path}?scope_name=cf_groups`)).body.results).toHaveLength(1);
  expect((await authentik.ask("DELETE", `${path}${body.pk}/`)).status).toBe(204);
});

test("a request in the journal can be met by a fault", async () => {
  await using authentik = await openAuthentik();
  authentik.controls.fault(({ path }) => path === "/core/users/me/", { kind: "status", status: 502 });
  expect((await authentik.ask("GET", "/core/users/me/")).status).toBe(502);
  expect((await authentik.ask("GET", "/core/users/me/")).status).toBe(200);
  expect(flowKey(authentik.state, "default-authentication-flow")).toBeDefined();
});
