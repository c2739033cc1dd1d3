/** An identity provider for the edge's own tests. It logs everyone in at once and has settings instead of pages. */

import { createHash, randomBytes } from "node:crypto";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import {
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JSONWebKeySet,
  type JWTPayload,
  SignJWT,
} from "jose";

export interface OidcStub extends AsyncDisposable {
  readonly port: number;
  /** The settings of the Cloudflare login method. */
  readonly config: Record<string, unknown>;
  /** The claims of the next login. */
  claims: JWTPayload;
  /** How id_tokens are signed; HS256 signs with the client secret. */
  alg: "RS256" | "ES256" | "HS256" | "EdDSA";
  /** The published keys; by default the signing keys. */
  jwks?: JSONWebKeySet;
  /** The query of the last authorization request. */
  asked?: URLSearchParams;
}

const CLIENT = { client_id: "cf-tunnel-access", client_secret: "correct horse" };

/** @param origin - its public origin */
export async function oidcStub(origin: string): Promise<OidcStub> {
  const codes = new Map<string, string>();
  const keys = {
    RS256: await generateKeyPair("RS256"),
    ES256: await generateKeyPair("ES256"),
    EdDSA: await generateKeyPair("EdDSA"),
  };
  const server = http.createServer((req, res) => void respond(req, res));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stub: OidcStub = {
    port: (server.address() as AddressInfo).port,
    config: {
      ...CLIENT,
      auth_url: `${origin}/authorize`,
      token_url: `${origin}/token`,
      certs_url: `${origin}/jwks`,
      claims: ["groups"],
      pkce_enabled: true,
    },
    claims: { sub: "ada", email: "ada@example.com", groups: ["admins", "family"] },
    alg: "RS256",
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function respond(req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
    const url = new URL(req.url ?? "/", origin);
    if (url.pathname === "/authorize") return authorize(url.searchParams, res);
    if (url.pathname === "/token") return token(new URLSearchParams(await text(req)), res);
    return json(
      res,
      200,
      stub.jwks ?? {
        keys: [
          {
            ...(await exportJWK(keys[stub.alg === "HS256" ? "RS256" : stub.alg].publicKey)),
            kid: "k1",
          },
        ],
      },
    );
  }

  function authorize(query: URLSearchParams, res: http.ServerResponse): void {
    stub.asked = query;
    const code = randomBytes(8).toString("hex");
    codes.set(code, query.get("code_challenge") ?? "");
    const back = new URLSearchParams({ code, state: query.get("state") ?? "" });
    res.writeHead(302, { location: `${query.get("redirect_uri")}?${back}` }).end();
  }

  async function token(form: URLSearchParams, res: http.ServerResponse): Promise<void> {
    const challenge = codes.get(form.get("code") ?? "");
    const proof = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    const right =
      form.get("client_secret") === CLIENT.client_secret &&
      (challenge === "" || challenge === proof);
    if (challenge === undefined || !right) return json(res, 400, { error: "invalid_grant" });
    const key: CryptoKey | Uint8Array =
      stub.alg === "HS256"
        ? Buffer.from(CLIENT.client_secret.padEnd(32, "!"))
        : keys[stub.alg].privateKey;
    const signed = new SignJWT(stub.claims)
      .setProtectedHeader({ alg: stub.alg, kid: "k1" })
      .setIssuer(origin)
      .setAudience(CLIENT.client_id);
    return json(res, 200, {
      token_type: "Bearer",
      access_token: "unused",
      id_token: await signed.setIssuedAt().setExpirationTime("5m").sign(key),
    });
  }

  return stub;
}

function json(res: http.ServerResponse, status: number, body: unknown): void {
  res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
