import { createLocalJWKSet, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { addGroup } from "./people.ts";
import { CALLBACK, flowKey, openAuthentik, PUBLIC_ORIGIN, wire } from "./testing.ts";
import { authorizeUrl, logIn, redeem, visitor } from "./visitor.ts";

const ISSUER = `${PUBLIC_ORIGIN}/application/o/cf-tunnel-access/`;

test("a login with password and consent returns an ID token that the JWKS verifies", async () => {
  await using authentik = await openAuthentik();
  const wired = await wire(authentik);
  const browser = visitor(authentik);

  const login = await browser.follow(authorizeUrl(wired, { nonce: "n1" }));
  expect(login.html).toContain("<title>authentik (sandbox) – log in</title>");
  expect(login.url).toMatch(`${PUBLIC_ORIGIN}/if/flow/default-authentication-flow/?`);
  const sent = await browser.post(login.url, { username: "alice", password: "alice-password" });
  const consent = await browser.follow(sent.location ?? "");
  expect(consent.html).toContain("You're about to sign into Tunnel.");
  expect(consent.html).toContain("<li>Email address</li>");
  const agreed = await browser.post(consent.url, { continue: "yes" });
  const back = new URL((await browser.follow(agreed.location ?? "")).location ?? "");
  expect(back.origin + back.pathname).toBe(CALLBACK);
  expect(back.searchParams.get("state")).toBe("s1");

  const { status, body } = await redeem(authentik, wired, back.searchParams.get("code"));
  expect(status).toBe(200);
  const jwks = await visitor(authentik).get("/application/o/cf-tunnel-access/jwks/");
  const { payload, protectedHeader } = await jwtVerify(
    body.id_token,
    createLocalJWKSet(JSON.parse(jwks.html)),
    {
      issuer: ISSUER,
      audience: wired.provider.client_id,
    },
  );
  expect(protectedHeader.alg).toBe("RS256");
  expect(payload).toMatchObject({
    email: "alice@example.com",
    email_verified: false,
    name: "Alice",
    preferred_username: "alice",
    groups: ["family"],
    nonce: "n1",
    sub: authentik.state.users.find(({ username }) => username === "alice")?.uid,
  });
});

test("a person who has logged in and consented is redirected at once", async () => {
  await using authentik = await openAuthentik();
  const wired = await wire(authentik);
  const browser = visitor(authentik);
  await logIn(browser, authorizeUrl(wired));
  const again = await browser.get(authorizeUrl(wired));
  expect(again.location).toMatch(`${CALLBACK}?code=`);
});

test("consent outlives the session and is requested again when the scopes change", async () => {
  await using authentik = await openAuthentik();
  const wired = await wire(authentik);
  await logIn(visitor(authentik), authorizeUrl(wired));
  const browser = visitor(authentik);
  const login = await browser.follow(authorizeUrl(wired));
  const sent = await browser.post(login.url, { username: "alice", password: "alice-password" });
  expect((await browser.follow(sent.location ?? "")).location).toMatch(`${CALLBACK}?code=`);
  expect((await browser.follow(authorizeUrl(wired, { scope: "openid email" }))).html).toContain(
    'id="continue"',
  );
});

test("the implicit-consent flow has no consent page", async () => {
  await using authentik = await openAuthentik();
  const flow = flowKey(authentik.state, "default-provider-authorization-implicit-consent");
  const wired = await wire(authentik, { authorization_flow: flow });
  const browser = visitor(authentik);
  const login = await browser.follow(authorizeUrl(wired));
  const sent = await browser.post(login.url, { username: "alice", password: "alice-password" });
  expect((await browser.get(sent.location ?? "")).location).toMatch(`${CALLBACK}?code=`);
});

test("a wrong password leaves the visitor on the login page", async () => {
  await using authentik = await openAuthentik();
  const browser = visitor(authentik);
  const login = await browser.follow(authorizeUrl(await wire(authentik)));
  const page = await browser.post(login.url, { username: "alice", password: "bob-password" });
  expect(page).toMatchObject({ status: 200, location: undefined });
  expect(page.html).toContain('<p role="alert">Failed to authenticate.</p>');
});

test("a code with a PKCE challenge can be redeemed only with its verifier", async () => {
  await using authentik = await openAuthentik();
  const wired = await wire(authentik);
  const pkce = {
    code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
    code_challenge_method: "S256",
  };
  const browser = visitor(authentik);
  const first = await logIn(browser, authorizeUrl(wired, pkce));
  expect(await redeem(authentik, wired, first.searchParams.get("code"))).toMatchObject({
    status: 400,
    body: { error: "invalid_grant" },
  });
  const second = new URL((await browser.get(authorizeUrl(wired, pkce))).location ?? "");
  const verifier = { code_verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" };
  expect(await redeem(authentik, wired, second.searchParams.get("code"), verifier)).toMatchObject({
    status: 200,
  });
});

test("the client may send its secret in the header instead", async () => {
  await using authentik = await openAuthentik();
  const wired = await wire(authentik);
  const back = await logIn(visitor(authentik), authorizeUrl(wired));
  const { client_id, client_secret } = wired.provider;
  const response = await fetch(`${authentik.url}/application/o/token/`, {
    method: "POST",
    headers: {
      authorization: `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString("base64")}`,
    },
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code: back.searchParams.get("code") ?? "",
      redirect_uri: CALLBACK,
    }),
  });
  expect(response.status).toBe(200);
  const { access_token } = (await response.json()) as { access_token: string };
  const userinfo = await fetch(`${authentik.url}/application/o/userinfo/`, {
    headers: { authorization: `Bearer ${access_token}` },
  });
  expect(await userinfo.json()).toMatchObject({ email: "alice@example.com", groups: ["family"] });
});

test("bindings of the application lock out other people and admit members of child groups", async () => {
  await using authentik = await openAuthentik({
    users: [
      { username: "kim", groups: ["kids"] },
      { username: "bob", groups: ["admins"] },
    ],
  });
  addGroup(authentik.state, { name: "kids", parents: ["family"] });
  const wired = await wire(authentik);
  const family = authentik.state.groups.find(({ name }) => name === "family")?.pk;
  await authentik.ask("POST", "/policies/bindings/", {
    target: wired.application.pk,
    group: family,
    order: 0,
  });
  expect(
    (await logIn(visitor(authentik), authorizeUrl(wired), "kim")).searchParams.get("code"),
  ).toBeTruthy();
  const browser = visitor(authentik);
  const login = await browser.follow(authorizeUrl(wired));
  const denied = await browser.follow(
    (await browser.post(login.url, { username: "bob", password: "bob-password" })).location ?? "",
  );
  expect(denied.location).toBeUndefined();
  expect(denied.html).toContain("<h1>Permission denied</h1>");
});

test("the password is requested again after a logout", async () => {
  await using authentik = await openAuthentik();
  const wired = await wire(authentik);
  const browser = visitor(authentik);
  await logIn(browser, authorizeUrl(wired));
  const page = await browser.get("/application/o/cf-tunnel-access/end-session/");
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.html)?.[1] ?? "";
  const end = await browser.post("/application/o/cf-tunnel-access/end-session/confirm", {
    xsrf,
    logout: "yes",
  });
  expect((await browser.get(end.location ?? "")).html).toContain("You've logged out");
  expect((await browser.follow(authorizeUrl(wired))).html).toContain('id="password"');
});

test("requests of a login are not in the journal", async () => {
  await using authentik = await openAuthentik();
  const wired = await wire(authentik);
  authentik.controls.clear();
  await logIn(visitor(authentik), authorizeUrl(wired));
  expect(authentik.controls.calls).toEqual([]);
});

test("the handler serves pages and API under the public host", async () => {
  await using authentik = await openAuthentik();
  const wired = await wire(authentik);
  const { createServer } = await import("node:http");
  const server = createServer(authentik.handler).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const url = `http://127.0.0.1:${(server.address() as import("node:net").AddressInfo).port}`;
  const browser = visitor({ ...authentik, url });
  expect((await logIn(browser, authorizeUrl(wired))).searchParams.get("code")).toBeTruthy();
  expect((await fetch(`${url}/api/v3/root/config/`)).status).toBe(200);
  server.close();
  server.closeAllConnections();
});
