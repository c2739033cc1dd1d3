import { describe, expect, it } from "vitest";
import type { Problem } from "../../../../src/core/domain/problem.ts";
import type { ObservedLogin, Provider } from "../../../../src/resources/login/types.ts";
import {
  CALLBACK,
  CONFIG,
  method,
  NAME,
  PROVIDER_WISH,
  proposed,
  provider,
  SLUG,
} from "../../../support/observed-login.ts";

describe("the login", () => {
  it("stands when both ends agree, and then nothing is done", () => {
    expect(proposed()).toEqual({ changes: [], problems: [], ready: true });
  });

  it.each<{ name: string; without: Partial<ObservedLogin>; change: object }>([
    {
      name: "the provider first",
      without: { provider: undefined, application: undefined, method: undefined },
      change: { action: "create", key: "login-provider", subject: SLUG, desired: PROVIDER_WISH },
    },
    {
      name: "then the application, by the provider's key",
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
  ])("is made part by part: $name", ({ without, change }) => {
    expect(proposed(without)).toEqual({
      changes: [{ kind: "login", ...change }],
      problems: [],
      ready: false,
    });
  });

  it("is whole again before routes are built on it: an application that lost its provider gets it back", () => {
    expect(
      proposed({ application: { slug: SLUG, name: "x", provider: undefined, inLibrary: false } }),
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
      name: "signs with no key, so that Cloudflare cannot check it",
      found: { signingKey: undefined },
    },
    { name: "encrypts, so that Cloudflare cannot read it", found: { encryptionKey: "key" } },
    { name: "has another flow", found: { authorizationFlow: "other" } },
    { name: "ends logins by another flow", found: { invalidationFlow: "other" } },
    { name: "leaves the e-mail address out of the token", found: { claimsInIdToken: false } },
    { name: "sends people back nowhere", found: { redirectUris: [] } },
    {
      name: "sends people back after a logout only",
      found: { redirectUris: [{ ...CALLBACK, type: "logout" }] },
    },
    { name: "signs with a key that Cloudflare cannot check", found: { signingKey: "ed25519" } },
    { name: "has no secret, so that Cloudflare cannot prove itself", found: { clientSecret: "" } },
    { name: "lacks a scope", found: { scopes: ["s-1"] } },
    {
      name: "grants nothing, which versions from 2026.5 on take at its word",
      found: { grantTypes: [] },
    },
    {
      name: "sends people back by a pattern, which may lead anywhere",
      found: {
        redirectUris: [CALLBACK, { mode: "regex", url: "https://.*", type: "authorization" }],
      },
    },
    {
      name: "sends people back without TLS",
      found: {
        redirectUris: [
          CALLBACK,
          { mode: "strict", url: "http://x.example.com/", type: "authorization" },
        ],
      },
    },
  ])("is mended when it $name", ({ found }) => {
    expect(proposed({ provider: provider(found) })).toEqual({
      changes: [
        {
          kind: "login",
          action: "update",
          key: "login-provider",
          subject: SLUG,
          existing: provider(found),
          desired: PROVIDER_WISH,
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
    { name: "another key that signs", found: { signingKey: "key-of-mine" } },
    { name: "its name", found: { name: "Cloudflare" } },
    {
      name: "grants that the user added",
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
  ])("is left as the user has it: $name", ({ found }) => {
    expect(proposed({ provider: provider(found) })).toEqual({
      changes: [],
      problems: [],
      ready: true,
    });
  });

  it("keeps what the user added when something else is mended", () => {
    const mine = {
      mode: "strict",
      url: "https://other.example.com/callback",
      type: "authorization",
    };
    expect(
      proposed({
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
      name: "looks for keys elsewhere",
      more: {
        method: method({ config: { ...CONFIG, certs_url: "https://elsewhere.example.com/" } }),
      },
    },
    {
      name: "sends people elsewhere",
      more: { method: method({ config: { ...CONFIG, auth_url: "https://old.example.com/" } }) },
    },
    {
      name: "gets its tokens elsewhere",
      more: { method: method({ config: { ...CONFIG, token_url: "https://old.example.com/" } }) },
    },
    {
      name: "logs in without PKCE",
      more: { method: method({ config: { ...CONFIG, pkce_enabled: false } }) },
    },
    {
      name: "has an older secret, which only its name tells",
      more: { method: method({ name: "Authentik (cf-tunnel-access) #00000000" }) },
    },
  ])("is mended when it $name", ({ more }) => {
    expect(proposed(more)).toMatchObject({
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

  it("looks for keys where the application is, whatever slug it was given", () => {
    expect(
      proposed({
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

  it("keeps claims and scopes that the user added, and is left as it is for them", () => {
    const config = { ...CONFIG, scopes: ["openid", "email", "profile", "entitlements"] };
    expect(proposed({ method: method({ config, claims: ["entitlements"] }) })).toEqual({
      changes: [],
      problems: [],
      ready: true,
    });
  });

  it("is built on while it lacks nothing but a scope", () => {
    expect(
      proposed({ method: method({ config: { ...CONFIG, scopes: ["openid", "email"] } }) }),
    ).toMatchObject({
      changes: [{ action: "update", config: CONFIG }],
      ready: true,
    });
  });

  it("follows a new secret of the provider", () => {
    const [change] = proposed({ provider: provider({ clientSecret: "new" }) }).changes;
    expect(change).toMatchObject({ action: "update", key: "login-method", secret: "new" });
    expect(change?.subject).not.toBe(NAME);
  });
});

describe("while Authentik lacks something to build with", () => {
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

  it("nothing is made of it, and the problem is said", () => {
    expect(
      proposed({
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

  it("a login that was whole before is built on as it is", () => {
    expect(proposed({ prerequisites: notReady })).toEqual({
      changes: [],
      problems: [notReady],
      ready: true,
    });
  });

  it.each(["provider", "application", "method"] as const)(
    "a login without its %s is not built on",
    (part) => {
      expect(proposed({ prerequisites: notReady, [part]: undefined }).ready).toBe(false);
    },
  );
});

describe("the application in Authentik", () => {
  it("is taken out of the library, which holds nobody up", () => {
    const found = { slug: SLUG, name: "By hand", provider: 7, inLibrary: true };
    expect(proposed({ application: found })).toEqual({
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

  it("is not built on before there is a login method", () => {
    expect(
      proposed({
        application: { slug: SLUG, name: "By hand", provider: 7, inLibrary: true },
        method: undefined,
      }).ready,
    ).toBe(false);
  });
});
