import { z } from "zod";
import { type Secret, secret } from "../core/secret.ts";
import { tryParseJson } from "../core/text/json.ts";
import { invalid, ok, type ParseResult } from "../core/text/parse-result.ts";

/** Which tunnel to use: an existing one by id, or one by name, created if it is missing. */
export type TunnelSelector =
  | { readonly by: "id" | "token"; readonly id: string }
  | { readonly by: "name"; readonly name: string };

export interface ConnectorToken {
  readonly accountId: string;
  readonly tunnelId: string;
  /** The whole token and the tunnel secret inside it; neither may be shown. */
  readonly secrets: readonly Secret[];
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * The token is Base64 of JSON with one-letter keys: account tag, tunnel id, secret, and optionally
 * `e`, an endpoint (cloudflared connection/connection.go).
 */
const Shape = z.object({
  a: z.string().regex(/^[0-9a-f]{32}$/i),
  t: z.string().regex(UUID),
  s: z.string().min(1),
});

/** Reads the account and tunnel ids from the token that cloudflared runs with. */
export function parseConnectorToken(text: string): ParseResult<ConnectorToken> {
  const read = Shape.safeParse(tryParseJson(Buffer.from(text, "base64").toString("utf8")));
  if (!read.success)
    return invalid(
      "is not a tunnel token",
      "copy it from the dashboard: Networks → Tunnels → the tunnel → Configure, the value after --token",
    );
  const { a, t, s } = read.data;
  return ok({
    accountId: a.toLowerCase(),
    tunnelId: t.toLowerCase(),
    secrets: [secret(text), secret(s)],
  });
}

export function parseTunnel(text: string): ParseResult<TunnelSelector> {
  if (UUID.test(text)) return ok({ by: "id", id: text.toLowerCase() });
  return /^[^\x00-\x1f\x7f]{1,100}$/.test(text)
    ? ok({ by: "name", name: text })
    : invalid("is not a tunnel name", "write its name or id");
}
