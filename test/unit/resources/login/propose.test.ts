import { describe, expect, it } from "vitest";
import type { Problem } from "../../../../src/core/domain/problem.ts";
import type { ObservedLogin, Provider } from "../../../../src/resources/login/types.ts";
import {
  CALLBACK,
  CONFIG,
  DESIRED_PROVIDER,
  method,
  NAME,
  proposeLogin,
  provider,
  SLUG,
} from "../../../support/observed-login.ts";

describe("the login", () => {
  it("the login is in sync if both ends agree, and then nothing is done", () => {
    expect(proposeLogin()).toEqual({ changes: [], problems: [], ready: true });
  });

  it.each<{ name: string; without: Partial<ObservedLogin>; change: object }>([
    {
      name: "first the provider",
      without: { provider: undefined, application: undefined, method: undefined },
      change: { action: "create", key: "login-provider", subject: SLUG, desired: DESIRED_PROVIDER },
    },
    {
      name: "then the application, with the provider's key",
      without: { application: undefined, method: undefined },
      change: { action: "create", key: "login-application", subject: SLUG, provider: 7 },
    },
    {
      name: "then the login method, with the provider's secret",
      without: { method: undefined },
      change: {
        action: "create",
        key: "login-method",
        subject: NAME,
        name: NAME,
        config: CONFIG,
        claims: [],
        secret: "secret",
      },
    },
  ])("the login is created step by step: $name", ({ without, change }) => {
    expect(proposeLogin(without)).toEqual({
      changes: [{ kind: "login", ...change }],
      problems: [],
      ready: false,
    });
  });

  it("an application that lost its provider gets it back before routes use the login", () => {
    expect(
      proposeLogin({
        application: { slug: SLUG, name: "x", provider: undefined, inLibrary: false },
      }),
    ).toMatchObject({
      changes: [{ action: "update", key: "login-application", provider: 7 }],
      ready: false,
    });
  });
});

describe("the provider in Authentik", () => {
  it.each<{ name: string; found: Partial<Provider>; wish?: object }>([
    { name: "is not confidential", found: { clientType: "public" } },
    {
      name: "has no signing key, so that Cloudflare cannot check its tokens",
      found: { signingKey: undefined },
    },
    {
      name: "encrypts tokens, so that Cloudflare cannot read them",
      found: { encryptionKey: "key" },
    },
    { name: "has another flow", found: { authorizationFlow: "other" } },
    { name: "ends logins by another flow", found: { invalidationFlow: "other" } },
    { name: "omits the e-mail address from the token", found: { claimsInIdToken: false } },
    { name: "has no callback", found: { redirectUris: [] } },
    {
      name: "has only a callback for logouts",
      found: { redirectUris: [{ ...CALLBACK, type: "logout" }] },
    },
    { name: "signs with a key that Cloudflare cannot check", found: { signingKey: "ed25519" } },
    { name: "has no secret, so that Cloudflare cannot authenticate", found: { clientSecret: "" } },
    { name: "lacks a scope", found: { scopes: ["s-1"] } },
    {
      name: "has no grant types, which versions from 2026.5 on enforce",
      found: { grantTypes: [] },
    },
    {
      name: "has a pattern as callback, which may match any address",
      found: {
        redirectUris: [CALLBACK, { mode: "regex", url: "https://.*", type: "authorization" }],
      },
    },
    {
      name: "has a callback without TLS",
      found: {
        redirectUris: [
          CALLBACK,
          { mode: "strict", url: "http://x.example.com/", type: "authorization" },
        ],
      },
    },
  ])("the provider is updated if it $name", ({ found }) => {
    expect(proposeLogin({ provider: provider(found) })).toEqual({
      changes: [
        {
          kind: "login",
          action: "update",
          key: "login-provider",
          subject: SLUG,
          existing: provider(found),
          desired: DESIRED_PROVIDER,
        },
      ],
      problems: [],
      ready: false,
    });
  });

  it.each<{ name: string; found: Partial<Provider> }>([
    { name: "the order of scopes", found: { scopes: ["s-2", "s-1"] } },
    { name: "scopes that the user added", found: { scopes: ["s-1", "s-2", "s-mine"] } },
    {
      name: "another callback that the user added",
      found: {
        redirectUris: [
          CALLBACK,
          { mode: "strict", url: "https://other.example.com/callback", type: "authorization" },
        ],
      },
    },
    { name: "another signing key", found: { signingKey: "key-of-mine" } },
    { name: "its name", found: { name: "Cloudflare" } },
    {
      name: "grant types that the user added",
      found: { grantTypes: ["authorization_code", "refresh_token", "client_credentials"] },
    },
    {
      name: "fields that an old version does not have",
      found: {
        grantTypes: undefined,
        invalidationFlow: undefined,
        redirectUris: [{ ...CALLBACK, type: undefined }],
      },
    },
  ])("the provider keeps what the user may choose: $name", ({ found }) => {
    expect(proposeLogin({ provider: provider(found) })).toEqual({
      changes: [],
      problems: [],
      ready: true,
    });
  });

  it("an update of the provider keeps what the user added", () => {
    const mine = {
      mode: "strict",
      url: "https://other.example.com/callback",
      type: "authorization",
    };
    expect(
      proposeLogin({
        provider: provider({
          clientType: "public",
          redirectUris: [mine],
          scopes: ["s-mine"],
          signingKey: "key-of-mine",
          grantTypes: ["client_credentials"],
        }),
      }).changes[0],
    ).toMatchObject({
      desired: {
        redirectUris: [CALLBACK, mine],
        scopes: ["s-mine", "s-1", "s-2"],
        signingKey: "key-of-mine",
        grantTypes: ["client_credentials", "authorization_code", "refresh_token"],
      },
    });
  });
});

describe("the login method in Cloudflare", () => {
  it.each<{ name: string; more: Partial<ObservedLogin> }>([
    {
      name: "knows another client",
      more: { method: method({ config: { ...CONFIG, client_id: "old" } }) },
    },
    {
      name: "has another address for keys",
      more: {
        method: method({ config: { ...CONFIG, certs_url: "https://elsewhere.example.com/" } }),
      },
    },
    {
      name: "has another address for logins",
      more: { method: method({ config: { ...CONFIG, auth_url: "https://old.example.com/" } }) },
    },
    {
      name: "has another address for tokens",
      more: { method: method({ config: { ...CONFIG, token_url: "https://old.example.com/" } }) },
    },
    {
      name: "logs in without PKCE",
      more: { method: method({ config: { ...CONFIG, pkce_enabled: false } }) },
    },
    {
      name: "has an older secret, which only its name shows",
      more: { method: method({ name: "Authentik (cf-tunnel-access) #00000000" }) },
    },
  ])("the login method is updated if it $name", ({ more }) => {
    expect(proposeLogin(more)).toMatchObject({
      changes: [
        {
          action: "update",
          key: "login-method",
          existing: { id: "idp-1" },
          name: NAME,
          config: CONFIG,
          secret: "secret",
        },
      ],
      ready: false,
    });
  });

  it("the login method looks for keys at the application's slug, whatever it is", () => {
    expect(
      proposeLogin({
        application: { slug: "renamed", name: "Cloudflare", provider: 7, inLibrary: false },
      }),
    ).toMatchObject({
      changes: [
        {
          action: "update",
          config: { ...CONFIG, certs_url: "https://auth.example.com/application/o/renamed/jwks/" },
        },
      ],
      ready: false,
    });
  });

  it("the login method keeps claims and scopes that the user added, and is not updated for them", () => {
    const config = { ...CONFIG, scopes: ["openid", "email", "profile", "entitlements"] };
    expect(proposeLogin({ method: method({ config, claims: ["entitlements"] }) })).toEqual({
      changes: [],
      problems: [],
      ready: true,
    });
  });

  it("routes may use a login method that lacks nothing but a scope", () => {
    expect(
      proposeLogin({ method: method({ config: { ...CONFIG, scopes: ["openid", "email"] } }) }),
    ).toMatchObject({
      changes: [{ action: "update", config: CONFIG }],
      ready: true,
    });
  });

  it("the login method follows a new secret of the provider", () => {
    const [change] = proposeLogin({ provider: provider({ clientSecret: "new" }) }).changes;
    expect(change).toMatchObject({ action: "update", key: "login-method", secret: "new" });
    expect(change?.subject).not.toBe(NAME);
  });
});

describe("an Authentik that lacks a prerequisite", () => {
  const notReady: Problem = {
    code: "CFA-AK-NOT-READY",
    severity: "error",
    container: undefined,
    label: undefined,
    route: undefined,
    message: "not yet",
    effect: "unchanged",
    fix: "wait",
  };

  it("nothing is created while Authentik lacks a prerequisite, and the problem is reported", () => {
    expect(
      proposeLogin({
        prerequisites: notReady,
        provider: undefined,
        application: undefined,
        method: undefined,
      }),
    ).toEqual({
      changes: [],
      problems: [notReady],
      ready: false,
    });
  });

  it("routes still use a complete login while Authentik lacks a prerequisite", () => {
    expect(proposeLogin({ prerequisites: notReady })).toEqual({
      changes: [],
      problems: [notReady],
      ready: true,
    });
  });

  it.each(["provider", "application", "method"] as const)(
    "routes do not use a login without its %s",
    (part) => {
      expect(proposeLogin({ prerequisites: notReady, [part]: undefined }).ready).toBe(false);
    },
  );
});

describe("the application in Authentik", () => {
  it("the application is hidden from the library, which delays no route", () => {
    const found = { slug: SLUG, name: "By hand", provider: 7, inLibrary: true };
    expect(proposeLogin({ application: found })).toEqual({
      changes: [
        {
          kind: "login",
          action: "update",
          key: "login-application",
          subject: SLUG,
          existing: found,
          provider: 7,
        },
      ],
      problems: [],
      ready: true,
    });
  });

  it("routes do not use the application before a login method exists", () => {
    expect(
      proposeLogin({
        application: { slug: SLUG, name: "By hand", provider: 7, inLibrary: true },
        method: undefined,
      }).ready,
    ).toBe(false);
  });
});
