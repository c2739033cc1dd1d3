/** Access's application tokens: real JWTs, each valid only while its login is in this list. */

import { randomBytes } from "node:crypto";
import {
  type CryptoKey,
  createLocalJWKSet,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  jwtVerify,
  SignJWT,
} from "jose";
import type { AccessApplication } from "../../cloudflare/state.ts";
import { durationMs } from "../duration.ts";
import type { Identity } from "./policy.ts";

export interface SigningKey {
  readonly private: CryptoKey;
  readonly certs: JSONWebKeySet;
}

/** Takes a tenth of a second, so suites with many edges share one key. */
export async function makeSigningKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = await generateKeyPair("RS256", { extractable: true });
  const kid = randomBytes(16).toString("hex");
  return {
    private: privateKey,
    certs: { keys: [{ ...(await exportJWK(publicKey)), kid, alg: "RS256", use: "sig" }] },
  };
}

export interface Login {
  readonly identity: Identity;
  readonly jwt: string;
}

export interface Logins {
  readonly keys: JWTVerifyGetKey;
  readonly certs: JSONWebKeySet;
  /** Stores a login. @returns its token, valid for the application's session */
  grant(application: AccessApplication, identity: Identity): Promise<string>;
  /** The token of a request with a service token; it has no e-mail. */
  vouch(application: AccessApplication, clientId: string): Promise<string>;
  /** The first of these cookies that is a valid login of this application. */
  standing(cookies: readonly string[], application: AccessApplication): Promise<Login | undefined>;
  /** Ends every existing login of an application. */
  revoke(aud: string): void;
  /** Ends every login of the person with these cookies: Access has no logout from a single application. */
  logout(cookies: readonly string[]): Promise<void>;
}

export function logins({
  team,
  key,
  now,
}: {
  team: string;
  key: SigningKey;
  now: () => number;
}): Logins {
  const issuer = `https://${team}.cloudflareaccess.com`;
  const keys = createLocalJWKSet(key.certs);
  const kid = key.certs.keys[0]?.kid ?? "";
  /** By identity_nonce. Set by grant, cleared by revoke and logout; a token without its nonce here is invalid. */
  const open = new Map<string, { readonly aud: string; readonly identity: Identity }>();

  const signed = (
    application: AccessApplication,
    claims: Record<string, unknown>,
  ): Promise<string> => {
    const iat = Math.floor(now() / 1000);
    const exp = iat + Math.floor(durationMs(application.session_duration || "24h") / 1000);
    return new SignJWT({
      aud: [application.aud],
      iss: issuer,
      type: "app",
      iat,
      nbf: iat,
      exp,
      ...claims,
    })
      .setProtectedHeader({ alg: "RS256", kid, typ: "JWT" })
      .sign(key.private);
  };

  const read = async (jwt: string, audience?: string) => {
    const options = {
      issuer,
      algorithms: ["RS256"],
      currentDate: new Date(now()),
      ...(audience !== undefined && { audience }),
    };
    const verified = await jwtVerify(jwt, keys, options).catch(() => undefined);
    const login = open.get(String(verified?.payload.identity_nonce));
    return login && (audience === undefined || login.aud === audience) ? login : undefined;
  };

  return {
    keys,
    certs: key.certs,
    grant: (application, identity) => {
      const nonce = randomBytes(12).toString("base64url");
      open.set(nonce, { aud: application.aud, identity });
      const { email, sub, claims } = identity;
      return signed(application, {
        email,
        sub,
        identity_nonce: nonce,
        ...(Object.keys(claims).length > 0 && { custom: claims }),
      });
    },
    vouch: (application, clientId) => signed(application, { common_name: clientId, sub: "" }),
    standing: async (cookies, { aud }) => {
      for (const jwt of cookies) {
        const login = await read(jwt, aud);
        if (login) return { identity: login.identity, jwt };
      }
      return undefined;
    },
    revoke: (aud) => {
      for (const [nonce, login] of open) if (login.aud === aud) open.delete(nonce);
    },
    logout: async (cookies) => {
      const known = (await Promise.all(cookies.map((jwt) => read(jwt)))).flatMap(
        (login) => login?.identity.email ?? [],
      );
      for (const [nonce, login] of open)
        if (known.includes(login.identity.email)) open.delete(nonce);
    },
  };
}
