import { decodeJwt } from "jose";
import { describe, expect, it } from "vitest";
import { probe } from "./probe.ts";
import { browser } from "./testing/browser.ts";
import { HOME, house, INSTANT, members, onlyBob, TEAM } from "./testing/house.ts";
import { type OidcStub, oidcStub } from "./testing/oidc-stub.ts";
import { application, provider } from "./testing/world.ts";

describe("successful logins", () => {
  it("a login ends at the requested page", async () => {
    await using home = await house();
    const page = await home.visit(browser(), "/a%2Fb?c=d");
    expect([page.status, page.body, page.url.href]).toEqual([
      200,
      "hello from the origin",
      `${home.edge.url(HOME)}/a%2Fb?c=d`,
    ]);
    expect(page.way.map((url) => new URL(url).pathname)).toEqual([
      "/a%2Fb",
      `/cdn-cgi/access/login/${HOME}`,
      "/authorize",
      "/cdn-cgi/access/callback",
      "/cdn-cgi/access/authorized",
      "/a%2Fb",
    ]);
    expect(home.seen.map(({ decision }) => decision)).toEqual([
      "login",
      "access-page",
      "direct",
      "direct",
      "direct",
      "access-page",
      "access-page",
      "origin",
    ]);
    expect(home.seen.at(-1)).toMatchObject({
      access: "passed",
      application: HOME,
      email: "ada@example.com",
    });
  });

  it("a login sends the provider what the login method specifies", async () => {
    await using home = await house();
    await home.visit();
    expect(Object.fromEntries(home.idp.asked ?? [])).toMatchObject({
      client_id: "cf-tunnel-access",
      redirect_uri: "https://acme.cloudflareaccess.com/cdn-cgi/access/callback",
      response_type: "code",
      scope: "openid email profile",
      code_challenge_method: "S256",
    });
  });

  it("a login gives the origin a token of the team with the identity", async () => {
    await using home = await house({ session_duration: "30m" });
    await home.visit();
    const claims = decodeJwt(String(home.origin.asked[0]?.headers["cf-access-jwt-assertion"]));
    expect(claims).toMatchObject({
      iss: "https://acme.cloudflareaccess.com",
      aud: [home.app.aud],
      email: "ada@example.com",
      type: "app",
      custom: { groups: ["admins", "family"] },
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(1800);
  });

  it("a login also works if the provider's public name leads through the edge", async () => {
    await using home = await house();
    const { config } = home.idp;
    await home.edge.addDirectHost("auth.example.com", `http://127.0.0.1:${home.idp.port}`);
    const outside = {
      token_url: "https://auth.example.com/token",
      certs_url: "https://auth.example.com/jwks",
    };
    home.stands.identityProviders = [provider("authentik", { ...config, ...outside })];
    expect((await home.visit()).status).toBe(200);
    expect(
      home.seen.filter(({ host }) => host === "auth.example.com").map(({ path }) => path),
    ).toEqual(["/token", "/jwks"]);
  });

  it("a login offers a choice of methods if it is not instant", async () => {
    await using home = await house({ auto_redirect_to_identity: false, allowed_idps: [] });
    const by = browser();
    const choice = await home.visit(by);
    const [, href = ""] = /href="([^"]+)">Log in with authentik/.exec(choice.body) ?? [];
    const page = await by.open(new URL(href.replaceAll("&#38;", "&"), choice.url).href);
    expect(page.body).toBe("hello from the origin");
  });

  it("a login offers nothing if the allowed method does not exist", async () => {
    await using home = await house({ allowed_idps: ["gone"] });
    expect((await home.visit()).body).toContain("There is no login method");
  });

  it("a login does not lead to a host of another application", async () => {
    await using home = await house();
    const query = new URLSearchParams({ kid: home.app.aud, redirect_url: "/" });
    const { status } = await probe(
      home.edge.port,
      TEAM,
      `/cdn-cgi/access/login/evil.example.localhost?${query}`,
    );
    expect(status).toBe(404);
  });

  it("a login can return only once", async () => {
    await using home = await house();
    const page = await home.visit();
    for (const used of page.way.filter((url) => /callback|authorized/.test(url))) {
      expect((await browser().open(used)).status).toBe(400);
    }
  });
});

describe("failed logins", () => {
  const cases: { name: string; spoil: (idp: OidcStub) => void; says: string }[] = [
    {
      name: "without an e-mail",
      spoil: (idp) => (idp.claims = { sub: "ada" }),
      says: "Failed to fetch user/group information from the identity provider",
    },
    {
      name: "if the provider has no signing key",
      spoil: (idp) => (idp.alg = "HS256"),
      says: "Failed to fetch user/group information from the identity provider",
    },
    {
      name: "if the provider publishes no keys",
      spoil: (idp) => (idp.jwks = { keys: [] }),
      says: "Failed to fetch user/group information from the identity provider",
    },
    {
      name: "with an algorithm that Cloudflare does not accept",
      spoil: (idp) => (idp.alg = "EdDSA"),
      says: "Failed to verify oidc token with fresh keys",
    },
    {
      name: "with a wrong client secret",
      spoil: (idp) => (idp.config.client_secret = "wrong"),
      says: "Failed to exchange code for token",
    },
    {
      name: "with keys at a wrong address",
      spoil: (idp) => (idp.config.certs_url = "http://auth.example.localhost:9/jwks"),
      says: "Failed to verify oidc token with fresh keys",
    },
  ];
  it.each(cases)("a login fails $name", async ({ spoil, says }) => {
    await using home = await house();
    spoil(home.idp);
    expect(await home.visit()).toMatchObject({ status: 400, body: expect.stringContaining(says) });
    expect(home.origin.asked).toEqual([]);
  });

  it("a login fails with foreign keys", async () => {
    await using home = await house();
    await using other = await oidcStub(home.edge.url("other.example.localhost"));
    await home.edge.addDirectHost("other.example.localhost", `http://127.0.0.1:${other.port}`);
    home.idp.config.certs_url = other.config.certs_url;
    expect((await home.visit()).body).toContain("Failed to verify oidc token with fresh keys");
  });

  it("a login fails with the provider's own message if the provider refuses it", async () => {
    await using home = await house();
    const login = await probe(
      home.edge.port,
      TEAM,
      `/cdn-cgi/access/login/${HOME}?kid=${home.app.aud}&redirect_url=/`,
    );
    const state = new URL(login.headers.location ?? "").searchParams.get("state");
    const back = await probe(
      home.edge.port,
      TEAM,
      `/cdn-cgi/access/callback?state=${state}&error=access_denied`,
    );
    expect(back).toMatchObject({ status: 400, body: expect.stringContaining("access_denied") });
  });

  it("a login fails for an account that no policy admits", async () => {
    await using home = await house();
    home.stands.policies = [onlyBob];
    expect(await home.visit()).toMatchObject({
      status: 403,
      body: expect.stringContaining("That account does not have access"),
    });
  });

  it("a login fails if the application was replaced meanwhile", async () => {
    await using home = await house();
    const login = await probe(
      home.edge.port,
      TEAM,
      `/cdn-cgi/access/login/${HOME}?kid=${home.app.aud}&redirect_url=/`,
    );
    home.stands.apps = [application(HOME, [members], { ...INSTANT, aud: "new" })];
    expect((await browser().open(login.headers.location ?? "")).status).toBe(404);
    expect(home.origin.asked).toEqual([]);
  });
});

it("the team's public keys are at the address that cloudflared uses", async () => {
  await using home = await house();
  const { body } = await probe(
    home.edge.port,
    "acme.cloudflareaccess.com",
    "/cdn-cgi/access/certs",
  );
  expect(JSON.parse(body)).toEqual({
    keys: [expect.objectContaining({ kty: "RSA", alg: "RS256" })],
  });
});
