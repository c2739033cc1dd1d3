import { decodeProtectedHeader } from "jose";
import { expect, test } from "vitest";
import { CALLBACK, openAuthentik, PUBLIC_ORIGIN, wire } from "./testing.ts";
import { authorizeUrl, claimsAfterLogin, logIn, redeem, visitor } from "./visitor.ts";

const ISSUER = `${PUBLIC_ORIGIN}/application/o/cf-tunnel-access/`;

test("a new secret takes effect at once", async () => {
  await using authentik = await openAuthentik();
  const wired = await wire(authentik);
  const old = wired.provider.client_secret;
  const back = await logIn(visitor(authentik), authorizeUrl(wired));
  await authentik.ask("PATCH", `/providers/oauth2/${wired.provider.pk}/`, {
    client_secret: "rotated-secret",
  });
  const code = back.searchParams.get("code");
  expect(await redeem(authentik, wired, code, { client_secret: old })).toMatchObject({
    status: 401,
    body: { error: "invalid_client" },
  });
  expect(await redeem(authentik, wired, code)).toMatchObject({ status: 200 });
});

test("a deleted provider is an unknown client", async () => {
  await using authentik = await openAuthentik();
  const wired = await wire(authentik);
  const back = await logIn(visitor(authentik), authorizeUrl(wired));
  await authentik.ask("DELETE", `/providers/oauth2/${wired.provider.pk}/`);
  expect(await redeem(authentik, wired, back.searchParams.get("code"))).toMatchObject({
    status: 401,
    body: { error: "invalid_client" },
  });
  const page = await visitor(authentik).get(authorizeUrl(wired));
  expect(page.status).toBe(400);
  expect(page.html).toContain("Client ID Error");
});

test("a provider without grant types refuses every login as a malformed request", async () => {
  await using authentik = await openAuthentik();
  const wired = await wire(authentik, { grant_types: undefined });
  expect(wired.provider.grant_types).toEqual([]);
  const back = new URL((await visitor(authentik).get(authorizeUrl(wired))).location ?? "");
  expect(back.searchParams.get("error")).toBe("invalid_request");
  expect(back.searchParams.get("error_description")).toBe("The request is otherwise malformed");
});

test("a strict redirect URI must match exactly", async () => {
  await using authentik = await openAuthentik();
  const page = await visitor(authentik).get(
    authorizeUrl(await wire(authentik), { redirect_uri: `${CALLBACK}/` }),
  );
  expect(page).toMatchObject({ status: 400, location: undefined });
  expect(page.html).toContain("<h1>Redirect URI Error</h1>");
});

test("a provider without redirect URIs stores the first one that it sees", async () => {
  await using authentik = await openAuthentik();
  const wired = await wire(authentik, { redirect_uris: [] });
  await visitor(authentik).get(authorizeUrl(wired));
  expect(wired.provider.redirect_uris).toEqual([
    { matching_mode: "strict", url: CALLBACK, redirect_uri_type: "authorization" },
  ]);
});

test("without a signing key the secret signs the token and the JWKS is empty", async () => {
  await using authentik = await openAuthentik();
  const wired = await wire(authentik, { signing_key: null });
  const back = await logIn(visitor(authentik), authorizeUrl(wired));
  const { body } = await redeem(authentik, wired, back.searchParams.get("code"));
  expect(decodeProtectedHeader(body.id_token).alg).toBe("HS256");
  expect((await visitor(authentik).get("/application/o/cf-tunnel-access/jwks/")).html).toBe("{}");
});

test("with an encryption key the ID token is unreadable", async () => {
  await using authentik = await openAuthentik();
  const wired = await wire(authentik, { encryption_key: authentik.state.certificates[0]?.pk });
  const back = await logIn(visitor(authentik), authorizeUrl(wired));
  const { body } = await redeem(authentik, wired, back.searchParams.get("code"));
  expect(decodeProtectedHeader(body.id_token)).toMatchObject({
    alg: "RSA-OAEP-256",
    enc: "A256CBC-HS512",
  });
});

test("the ID token has no user claims if the provider excludes them", async () => {
  await using authentik = await openAuthentik();
  const claims = await claimsAfterLogin(
    authentik,
    await wire(authentik, { include_claims_in_id_token: false }),
  );
  expect(claims).not.toHaveProperty("email");
});

test("a provider without scope mappings gives no email", async () => {
  await using authentik = await openAuthentik();
  const claims = await claimsAfterLogin(
    authentik,
    await wire(authentik, { property_mappings: [] }),
  );
  expect(claims).toMatchObject({ sub: expect.any(String) });
  expect(claims).not.toHaveProperty("email");
});

test("a mapping adds claims only if its scope is requested", async () => {
  await using authentik = await openAuthentik();
  const claims = await claimsAfterLogin(authentik, await wire(authentik), "openid email");
  expect(claims).toMatchObject({ email: "alice@example.com" });
  expect(claims).not.toHaveProperty("groups");
});

test("the groups claim has direct groups, and a custom mapping can add inherited ones", async () => {
  await using authentik = await openAuthentik({
    users: [{ username: "kim", groups: ["kids"] }],
    groups: [{ name: "kids", parents: ["family"] }],
  });
  const { body } = await authentik.ask("POST", "/propertymappings/provider/scope/", {
    name: "cf groups",
    scope_name: "cf_groups",
    expression: 'return {"cf_groups": [g.name for g in request.user.all_groups()]}',
  });
  const wired = await wire(authentik);
  wired.provider.property_mappings.push(body.pk);
  const claims = await claimsAfterLogin(authentik, wired, "openid profile cf_groups", "kim");
  expect(claims).toMatchObject({ groups: ["kids"], cf_groups: ["kids", "family"] });
});

test("discovery uses the address that the caller used", async () => {
  await using authentik = await openAuthentik();
  await wire(authentik);
  const path = "/application/o/cf-tunnel-access/.well-known/openid-configuration";
  const outside = JSON.parse((await visitor(authentik).get(path)).html);
  expect(outside).toMatchObject({
    issuer: ISSUER,
    authorization_endpoint: `${PUBLIC_ORIGIN}/application/o/authorize/`,
    token_endpoint: `${PUBLIC_ORIGIN}/application/o/token/`,
    userinfo_endpoint: `${PUBLIC_ORIGIN}/application/o/userinfo/`,
    jwks_uri: `${ISSUER}jwks/`,
    end_session_endpoint: `${ISSUER}end-session/`,
  });
  const inside = (await (await fetch(authentik.url + path)).json()) as {
    issuer: string;
    jwks_uri: string;
  };
  expect(inside.issuer).toBe(`${authentik.url}/application/o/cf-tunnel-access/`);
  expect(inside.jwks_uri).toBe(`${authentik.url}/application/o/cf-tunnel-access/jwks/`);
});
