import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
} from "node:crypto";
import { promisify } from "node:util";
import type { Certificate } from "./state.ts";

/** Created once per process for all sandboxes, because it protects nothing and takes a fifth of a second. */
let selfSigned: Promise<string> | undefined;

/** PEM of an RSA key. */
export function selfSignedKey(): Promise<string> {
  selfSigned ??= promisify(generateKeyPair)("rsa", { modulusLength: 2048 }).then(({ privateKey }) =>
    pem(privateKey),
  );
  return selfSigned;
}

function pem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

export interface SigningKey {
  readonly alg: string;
  /** The private key. */
  readonly jwk: JsonWebKey;
}

const EC_ALGORITHMS: Readonly<Record<string, string>> = {
  "P-256": "ES256",
  "P-384": "ES384",
  "P-521": "ES512",
};

/** @throws for a key that Authentik cannot sign with either (such as Ed25519) */
export function signingKey({ name, privateKey }: Certificate): SigningKey {
  if (privateKey === undefined) throw new Error(`${name} has no private key`);
  const jwk = createPrivateKey(privateKey).export({ format: "jwk" });
  const alg = jwk.kty === "RSA" ? "RS256" : EC_ALGORITHMS[String(jwk.crv)];
  if (alg === undefined) throw new Error(`${name} is not a key to sign with`);
  return { alg, jwk: { ...jwk, alg, use: "sig", kid: keyId(privateKey) } };
}

/** The public key, for encryption. */
export function encryptionKey({ privateKey = "" }: Certificate): JsonWebKey {
  return {
    ...createPublicKey(privateKey).export({ format: "jwk" }),
    alg: "RSA-OAEP-256",
    use: "enc",
    kid: keyId(privateKey),
  };
}

/** `rsa` or `ec`; `null` without a private key. */
export function keyType({ privateKey }: Certificate): string | null {
  return privateKey === undefined ? null : (createPrivateKey(privateKey).asymmetricKeyType ?? null);
}

export function fingerprint(
  { privateKey, name }: Certificate,
  algorithm: "sha1" | "sha256",
): string {
  const hex = createHash(algorithm)
    .update(privateKey ?? name)
    .digest("hex");
  return hex.replace(/..(?=.)/g, "$&:");
}

function keyId(privateKey: string): string {
  return createHash("sha256").update(privateKey).digest("hex").slice(0, 32);
}
