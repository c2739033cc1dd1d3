/** Access as the OpenID Connect client of an identity provider, with Cloudflare's own error messages. */

import { createHash, randomBytes } from "node:crypto";
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  type JSONWebKeySet,
  type JWTPayload,
  jwtVerify,
} from "jose";
import type { IdentityProvider } from "../../cloudflare/state.ts";
import type { Wire } from "../wire.ts";
import type { Identity } from "./policy.ts";

/** A failed login; the visitor sees the message. */
export class LoginFailure extends Error {}

const NO_CODE = "Failed to exchange code for token";
const NO_USER = "Failed to fetch user/group information from the identity provider";
const NOT_VERIFIED = "Failed to verify oidc token with fresh keys";

/** Cloudflare accepts no others (developers.cloudflare.com, generic OIDC, checked 2026-11). */
const ALGORITHMS = ["RS256", "RS512", "PS512", "ES256", "ES384", "ES512"];

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

export const makeVerifier = (): string => randomBytes(32).toString("base64url");

export interface Ask {
  readonly redirectUri: string;
  readonly state: string;
  readonly verifier: string;
}

/** Where the browser goes to log in. */
export function authorizationUrl(
  { config }: IdentityProvider,
  { redirectUri, state, verifier }: Ask,
): string {
  const url = new URL(String(config.auth_url));
  const scopes = texts(config.scopes);
  url.searchParams.set("client_id", String(config.client_id));
  url.searchParams.set("redirect_uri", redirectUri);
  url.searchParams.set("response_type", "code");
  url.searchParams.set(
    "scope",
    (scopes.length > 0 ? scopes : ["openid", "email", "profile"]).join(" "),
  );
  url.searchParams.set("state", state);
  if (config.pkce_enabled === true) {
    url.searchParams.set(
      "code_challenge",
      createHash("sha256").update(verifier).digest("base64url"),
    );
    url.searchParams.set("code_challenge_method", "S256");
  }
  return url.href;
}

/**
 * The identity that the provider returns for this code.
 * @throws {LoginFailure}
 */
export async function identify(
  idp: IdentityProvider,
  wire: Wire,
  back: { code: string; redirectUri: string; verifier: string },
): Promise<Identity> {
  const claims = await verified(idp, wire, await exchanged(idp, wire, back));
  const email = claims[String(idp.config.email_claim_name || "email")];
  if (typeof email !== "string" || email === "") throw new LoginFailure(NO_USER);
  const wanted = texts(idp.config.claims).filter((name) => claims[name] !== undefined);
  return {
    email,
    sub: String(claims.sub ?? ""),
    idp: idp.id,
    claims: Object.fromEntries(wanted.map((name) => [name, claims[name]])),
  };
}

/** The id_token for the code. */
async function exchanged(
  { config }: IdentityProvider,
  wire: Wire,
  { code, redirectUri, verifier }: { code: string; redirectUri: string; verifier: string },
): Promise<string> {
  const form = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
    client_id: String(config.client_id),
    client_secret: String(config.client_secret),
    ...(config.pkce_enabled === true && { code_verifier: verifier }),
  });
  const headers = {
    "content-type": "application/x-www-form-urlencoded",
    accept: "application/json",
  };
  const answer = await fetched(
    wire(String(config.token_url), { method: "POST", headers, body: form.toString() }),
    NO_CODE,
  );
  const token = answer.id_token;
  if (typeof token !== "string") throw new LoginFailure(NO_CODE);
  return token;
}

/** The claims, after a check of signature and audience. Generic OIDC has no issuer to compare. */
async function verified(
  { config }: IdentityProvider,
  wire: Wire,
  token: string,
): Promise<JWTPayload> {
  const jwks = await fetched(wire(String(config.certs_url)), NOT_VERIFIED);
  const keys = Array.isArray(jwks.keys) ? jwks.keys : [];
  if (keys.length === 0 || symmetric(token)) throw new LoginFailure(NO_USER);
  const options = {
    algorithms: ALGORITHMS,
    audience: String(config.client_id),
    clockTolerance: 60,
  };
  return jwtVerify(token, createLocalJWKSet({ keys } as JSONWebKeySet), options).then(
    ({ payload }) => payload,
    (cause: unknown) => {
      throw new LoginFailure(NOT_VERIFIED, { cause });
    },
  );
}

/** A provider without a signing key signs with the client secret. */
function symmetric(token: string): boolean {
  try {
    return decodeProtectedHeader(token).alg?.startsWith("HS") ?? false;
  } catch {
    return false;
  }
}

async function fetched(
  answer: ReturnType<Wire>,
  failure: string,
): Promise<Record<string, unknown>> {
  try {
    const { status, body } = await answer;
    const parsed: unknown = status === 200 ? JSON.parse(body) : undefined;
    if (typeof parsed === "object" && parsed !== null) return parsed as Record<string, unknown>;
  } catch (cause) {
    throw new LoginFailure(failure, { cause });
  }
  throw new LoginFailure(failure);
}
