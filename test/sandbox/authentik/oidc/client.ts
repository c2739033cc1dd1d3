import type { AdapterPayload } from "oidc-provider";
import { encryptionKey, signingKey } from "../keys.ts";
import { type AuthentikState, type Certificate, clientSecret, type Provider } from "../state.ts";
import { relayOfClient } from "./world.ts";

/** A placeholder, because the library requires a redirect URI. `redirectUriAllowed` checks the real ones. */
const UNUSED = "https://unused.invalid/";

/** The provider's current state as a client of the library, so a new secret takes effect at once. */
export function clientOf(state: AuthentikState, clientId: string): AdapterPayload | undefined {
  const relay = relayOfClient(state, clientId);
  if (!relay) return undefined;
  const { provider, application } = relay;
  return {
    client_id: provider.client_id,
    client_name: application.name,
    ...(provider.client_type === "public"
      ? { token_endpoint_auth_method: "none" }
      : {
          token_endpoint_auth_method: "client_secret_basic",
          client_secret: clientSecret(state, provider),
        }),
    grant_types: ["authorization_code"],
    response_types: ["code"],
    redirect_uris: [UNUSED],
    // Makes the library ask for the subject of each provider.
    subject_type: "pairwise",
    id_token_signed_response_alg: signer(state, provider)?.alg ?? "HS256",
    ...encryption(state, provider),
  } as AdapterPayload;
}

/** Without a key the client secret signs (HS256), and the JWKS is empty. */
export function signer(
  state: AuthentikState,
  { signing_key }: Provider,
): ReturnType<typeof signingKey> | undefined {
  const certificate = certificateOf(state, signing_key);
  return certificate && signingKey(certificate);
}

function encryption(state: AuthentikState, { encryption_key }: Provider): object {
  const certificate = certificateOf(state, encryption_key);
  if (!certificate) return {};
  return {
    id_token_encrypted_response_alg: "RSA-OAEP-256",
    id_token_encrypted_response_enc: "A256CBC-HS512",
    jwks: { keys: [encryptionKey(certificate)] },
  };
}

function certificateOf(
  { certificates }: AuthentikState,
  key: string | null,
): Certificate | undefined {
  return certificates.find(({ pk }) => pk === key);
}

/** Whether the redirect URI is allowed. Strict URIs must match exactly. Without any URI, the first one seen is stored. */
export function mayReturnTo({ redirect_uris }: Provider, uri: string): boolean {
  if (redirect_uris.length === 0)
    redirect_uris.push({ matching_mode: "strict", url: uri, redirect_uri_type: "authorization" });
  return redirect_uris.some(({ matching_mode, url, redirect_uri_type }) => {
    if (redirect_uri_type === "logout") return false;
    return matching_mode === "strict" ? url === uri : new RegExp(`^(?:${url})$`).test(uri);
  });
}
