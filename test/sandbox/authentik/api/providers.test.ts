import { expect, test } from "vitest";
import { CALLBACK, openAuthentik, wholeProvider, wire } from "../testing.ts";

test("a new provider has random credentials and no grant types", async () => {
  await using authentik = await openAuthentik();
  const { grant_types: _, ...wanted } = wholeProvider(authentik.state);
  const { status, body } = await authentik.ask("POST", "/providers/oauth2/", wanted);
  expect(status).toBe(201);
  expect(body).toMatchObject({
    grant_types: [],
    client_type: "confidential",
    sub_mode: "hashed_user_id",
    issuer_mode: "per_provider",
    include_claims_in_id_token: true,
    encryption_key: null,
    assigned_application_slug: null,
    redirect_uris: [{ matching_mode: "strict", url: CALLBACK, redirect_uri_type: "authorization" }],
  });
  expect([body.client_id.length, body.client_secret.length]).toEqual([40, 128]);
});

test("each error in a provider names its field", async () => {
  await using authentik = await openAuthentik({ clumsy: true });
  await wire(authentik);
  const wrong = {
    ...wholeProvider(authentik.state),
    authorization_flow: "00000000-0000-4000-8000-000000000000",
    redirect_uris: [{ url: CALLBACK }],
  };
  expect(await authentik.ask("POST", "/providers/oauth2/", wrong)).toEqual({
    status: 400,
    body: {
      authorization_flow: [
        'Invalid pk "00000000-0000-4000-8000-000000000000" - object does not exist.',
      ],
      redirect_uris: [{ matching_mode: ["This field is required."] }],
    },
  });
  expect((await authentik.ask("POST", "/providers/oauth2/", {})).body).toMatchObject({
    name: ["This field is required."],
    invalidation_flow: ["This field is required."],
  });
  expect(
    (await authentik.ask("POST", "/providers/oauth2/", wholeProvider(authentik.state))).body,
  ).toEqual({
    name: ["OAuth2/OpenID Provider with this name already exists."],
  });
});

test("a PATCH replaces whole lists and leaves the other fields", async () => {
  await using authentik = await openAuthentik();
  const { provider } = await wire(authentik);
  const redirect_uris = [{ matching_mode: "regex", url: "https://.*" }];
  const { body } = await authentik.ask("PATCH", `/providers/oauth2/${provider.pk}/`, {
    redirect_uris,
  });
  expect(body.redirect_uris).toEqual([
    { matching_mode: "regex", url: "https://.*", redirect_uri_type: "authorization" },
  ]);
  expect(body.grant_types).toEqual(["authorization_code", "refresh_token"]);
});

test("providers are found by name, client and application", async () => {
  await using authentik = await openAuthentik();
  const { provider, application } = await wire(authentik);
  for (const query of [
    "name=cf-tunnel-access",
    `client_id=${provider.client_id}`,
    `application=${application.pk}`,
  ])
    expect((await authentik.ask("GET", `/providers/oauth2/?${query}`)).body.results).toMatchObject([
      { pk: provider.pk, assigned_application_slug: "cf-tunnel-access" },
    ]);
  expect((await authentik.ask("GET", "/providers/oauth2/?name=other")).body.results).toEqual([]);
});

test("the setup URLs use the address that the caller used", async () => {
  await using authentik = await openAuthentik();
  const { provider } = await wire(authentik);
  const { body } = await authentik.ask("GET", `/providers/oauth2/${provider.pk}/setup_urls/`);
  expect(body.jwks).toBe(`${authentik.url}/application/o/cf-tunnel-access/jwks/`);
  const proxied = await authentik.ask(
    "GET",
    `/providers/oauth2/${provider.pk}/setup_urls/`,
    undefined,
    { "x-forwarded-proto": "https" },
  );
  expect(proxied.body.issuer).toMatch(/^https:.*\/application\/o\/cf-tunnel-access\/$/);
});

test("a provider without an application has no issuer and no JWKS", async () => {
  await using authentik = await openAuthentik();
  const { body } = await authentik.ask(
    "POST",
    "/providers/oauth2/",
    wholeProvider(authentik.state),
  );
  const urls = await authentik.ask("GET", `/providers/oauth2/${body.pk}/setup_urls/`);
  expect(urls).toMatchObject({ status: 200, body: { issuer: null } });
  expect(urls.body).not.toHaveProperty("jwks");
});

test("the preview shows the claims that a user would get", async () => {
  await using authentik = await openAuthentik();
  const { provider } = await wire(authentik);
  const alice = authentik.state.users.find(({ username }) => username === "alice");
  const { body } = await authentik.ask(
    "GET",
    `/providers/oauth2/${provider.pk}/preview_user/?for_user=${alice?.pk}`,
  );
  expect(body.preview).toMatchObject({
    aud: provider.client_id,
    email: "alice@example.com",
    groups: ["family"],
  });
});
