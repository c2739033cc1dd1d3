import { createHash } from "node:crypto";
import type { Foundation } from "../../plan/rung.ts";
import { alike } from "./alike.ts";
import type { LoginChange, LoginMethodConfig, LoginSeen, LoginWish, Parts, Provider, ProviderWish } from "./seen.ts";

type Needs = { readonly login: LoginSeen };
type Proposal = ReturnType<Foundation<Needs, LoginChange>["propose"]>;

/**
 * The two ends of the login, one after the other: provider, application, login method. Each is created when absent and
 * patched when it differs; what else the user set on them stays.
 */
export const login: Foundation<Needs, LoginChange> = {
  kind: "login",
  awaited: "the login method",
  propose({ login: seen }) {
    if ("code" in seen.parts) return { changes: [], problems: [seen.parts], stands: inUse(seen) };
    return provider(seen, seen.parts) ?? application(seen, seen.provider) ?? method(seen, seen.provider) ?? settled;
  },
};

const settled: Proposal = { changes: [], problems: [], stands: true };

/** Routes can be built on a method that was whole before, while Authentik lacks something to mend it with. */
const inUse = (seen: LoginSeen): boolean => seen.method !== undefined && seen.provider !== undefined && seen.application !== undefined;

const now = (change: LoginChange, stands = false): Proposal => ({ changes: [change], problems: [], stands });

function provider(seen: LoginSeen, parts: Parts): Proposal | undefined {
  const wish = providerWish(seen, parts);
  if (seen.provider === undefined) return now({ kind: "login", action: "create", key: "login-provider", subject: wish.name, wish });
  if (alike(seen.provider, wish)) return undefined;
  return now({ kind: "login", action: "update", key: "login-provider", subject: wish.name, at: seen.provider, wish });
}

/** Without a signing key Cloudflare can not check logins; without grant types Authentik from 2026.5 on refuses every one. */
function providerWish(seen: LoginSeen, parts: Parts): ProviderWish {
  const callback = { mode: "strict", url: `https://${seen.teamDomain}/cdn-cgi/access/callback`, type: "authorization" };
  const others = (seen.provider?.redirectUris ?? []).filter(
    (uri) => uri.mode === "strict" && uri.url !== callback.url && uri.url.startsWith("https://"),
  );
  return {
    name: seen.provider?.name ?? seen.wish.slug,
    clientType: "confidential",
    redirectUris: [callback, ...others],
    authorizationFlow: parts.authorizationFlow,
    invalidationFlow: parts.invalidationFlow,
    signingKey: seen.provider?.signingKey ?? parts.signingKey,
    scopes: [...new Set([...(seen.provider?.scopes ?? []), ...parts.scopes])],
    grantTypes: [...new Set([...(seen.provider?.grantTypes ?? []), "authorization_code", "refresh_token"])],
  };
}

function application(seen: LoginSeen, provider: Provider | undefined): Proposal | undefined {
  if (provider === undefined) return undefined;
  const found = seen.application;
  if (found === undefined)
    return now({ kind: "login", action: "create", key: "login-application", subject: seen.wish.slug, provider: provider.pk });
  if (found.provider === provider.pk) return undefined;
  return now({ kind: "login", action: "update", key: "login-application", subject: found.slug, at: found, provider: provider.pk });
}

function method(seen: LoginSeen, provider: Provider | undefined): Proposal | undefined {
  if (provider === undefined) return undefined;
  const name = methodName(seen.wish.slug, provider);
  const config = methodConfig(seen.wish, provider);
  const found = seen.method;
  if (found === undefined)
    return now({ kind: "login", action: "create", key: "login-method", subject: name, name, config, secret: provider.clientSecret });
  if (found.name === name && sameConfig(found.config, config)) return undefined;
  return now({
    kind: "login",
    action: "update",
    key: "login-method",
    subject: name,
    at: found,
    name,
    config,
    secret: provider.clientSecret,
  });
}

export function methodConfig({ slug, publicUrl }: LoginWish, provider: Provider): LoginMethodConfig {
  return {
    client_id: provider.clientId,
    auth_url: `${publicUrl}/application/o/authorize/`,
    token_url: `${publicUrl}/application/o/token/`,
    certs_url: `${publicUrl}/application/o/${slug}/jwks/`,
    scopes: ["openid", "email", "profile"],
    email_claim_name: "email",
    pkce_enabled: true,
  };
}

const sameConfig = (a: LoginMethodConfig, b: LoginMethodConfig): boolean =>
  JSON.stringify(Object.entries(a).toSorted()) === JSON.stringify(Object.entries(b).toSorted());

export const methodPrefix = (slug: string): string => `Authentik (${slug})`;

/**
 * The login method's name carries the only memory of which client secret Cloudflare has: the secret can be written there but
 * not read back, and there is no file of ours. 32 bits of a hash over a secret of 128 random characters give nothing away.
 */
const methodName = (slug: string, provider: Provider): string =>
  `${methodPrefix(slug)} #${createHash("sha256").update(`${provider.clientId}:${provider.clientSecret}`).digest("hex").slice(0, 8)}`;
