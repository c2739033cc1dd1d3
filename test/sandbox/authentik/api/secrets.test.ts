import { expect, test } from "vitest";
import { openAuthentik, wholeProvider, wire } from "../testing.ts";
import { authorizeUrl, claimsAfterLogin, logIn, redeem, visitor } from "../visitor.ts";

const SECRETS = "/secrets/secrets/";

test("a provider of 2026.11 has a Secret object instead of client_secret, and a login works with it", async () => {
  await using authentik = await openAuthentik({ version: "2026.11" });
  const wired = await wire(authentik, { client_secret: "ignored" });
  const { body } = await authentik.ask("GET", `/providers/oauth2/${wired.provider.pk}/`);
  expect(body).not.toHaveProperty("client_secret");
  expect(body.secret).toEqual(expect.any(String));
  const { value } = (await authentik.ask("GET", `${SECRETS}${body.secret}/view_value/`)).body;
  expect(value).toHaveLength(128);
  expect(await claimsAfterLogin(authentik, wired)).toMatchObject({ email: "alice@example.com" });
});

test("a provider without a secret lets nobody log in until one is attached", async () => {
  await using authentik = await openAuthentik({ version: "2026.11" });
  authentik.state.secretMadeByItself = false;
  const wired = await wire(authentik);
  expect(authentik.state.secrets).toEqual([]);
  const browser = visitor(authentik);
  const back = await logIn(browser, authorizeUrl(wired));
  const code = back.searchParams.get("code");
  expect(await redeem(authentik, wired, code, { client_secret: "" })).toMatchObject({
    body: { error: "invalid_client" },
  });
  const { body: secret } = await authentik.ask("POST", SECRETS, {
    name: "tunnel",
    type: "text",
    value: " hush ",
  });
  const { body } = await authentik.ask("PATCH", `/providers/oauth2/${wired.provider.pk}/`, {
    secret: secret.pk,
  });
  expect(body.secret).toBe(secret.pk);
  expect(await redeem(authentik, wired, code, { client_secret: "guess" })).toMatchObject({
    body: { error: "invalid_client" },
  });
  expect(await redeem(authentik, wired, code, { client_secret: " hush " })).toMatchObject({
    status: 200,
  });
});

test("secrets are listed without their values, and their names are unique", async () => {
  await using authentik = await openAuthentik({ version: "2026.11" });
  const { status, body } = await authentik.ask("POST", SECRETS, {
    name: "a",
    type: "text",
    value: "hush",
  });
  expect([status, body]).toEqual([201, { pk: expect.any(String), name: "a", type: "text" }]);
  expect((await authentik.ask("GET", `${SECRETS}?name=a`)).body.results).toEqual([body]);
  expect((await authentik.ask("GET", `${SECRETS}${body.pk}/`)).body).toEqual(body);
  expect((await authentik.ask("GET", `${SECRETS}${body.pk}/view_value/`)).body).toEqual({
    value: "hush",
  });
  expect((await authentik.ask("POST", SECRETS, { name: "a", value: "b" })).body).toEqual({
    name: ["Secret with this name already exists."],
  });
});

test("a deleted secret is also removed from its provider", async () => {
  await using authentik = await openAuthentik({ version: "2026.11" });
  const { provider } = await wire(authentik);
  expect((await authentik.ask("DELETE", `${SECRETS}${provider.secret}/`)).status).toBe(204);
  expect(provider.secret).toBeNull();
});

test("a provider that is created again gets a secret with another name", async () => {
  await using authentik = await openAuthentik({ version: "2026.11" });
  const { provider } = await wire(authentik);
  await authentik.ask("DELETE", `/providers/oauth2/${provider.pk}/`);
  expect(
    (await authentik.ask("POST", "/providers/oauth2/", wholeProvider(authentik.state))).status,
  ).toBe(201);
  expect(new Set(authentik.state.secrets.map(({ name }) => name)).size).toBe(2);
});

test("an unknown secret cannot be attached", async () => {
  await using authentik = await openAuthentik({ version: "2026.11" });
  const { provider } = await wire(authentik);
  expect(
    (await authentik.ask("PATCH", `/providers/oauth2/${provider.pk}/`, { secret: "nope" })).status,
  ).toBe(400);
});

test("reading a secret's value and attaching it need their own permission", async () => {
  await using authentik = await openAuthentik({ version: "2026.11" });
  const { provider } = await wire(authentik);
  const attach = { secret: provider.secret };
  const few = ["authentik_secrets.view_secret", "authentik_providers_oauth2.change_oauth2provider"];
  const status = async (method: string, path: string, body?: object) =>
    (await authentik.ask(method, path, body)).status;
  authentik.state.apiToken.permissions = new Set(few);
  expect(await status("GET", SECRETS)).toBe(200);
  expect(await status("GET", `${SECRETS}${provider.secret}/view_value/`)).toBe(403);
  expect(await status("PATCH", `/providers/oauth2/${provider.pk}/`, attach)).toBe(403);
  authentik.state.apiToken.permissions = new Set([...few, "authentik_secrets.view_secret_value"]);
  expect(await status("GET", `${SECRETS}${provider.secret}/view_value/`)).toBe(200);
  expect(await status("PATCH", `/providers/oauth2/${provider.pk}/`, attach)).toBe(200);
});

test("before 2026.11 there are no Secret objects, and a provider has client_secret", async () => {
  await using authentik = await openAuthentik();
  const { provider } = await wire(authentik);
  expect((await authentik.ask("GET", SECRETS)).status).toBe(404);
  const { body } = await authentik.ask("GET", `/providers/oauth2/${provider.pk}/`);
  expect(body.client_secret).toBe(provider.client_secret);
  expect(body).not.toHaveProperty("secret");
});
