/**
 * cloudflared's own check of the Access token (`originRequest.access`), as measured with 2026.1.2:
 *
 * | token                                                                  | answer |
 * |------------------------------------------------------------------------|--------|
 * | none in the header, or none of its audiences is one of ours            | 403    |
 * | expired, no exp, nbf over 5 min ahead, wrong key, issuer, team, `none` | 502    |
 * | the keys cannot be fetched                                             | 502    |
 * | anything else                                                          | on     |
 */

import { type JWTVerifyGetKey, jwtVerify } from "jose";
import type { AccessCheck } from "./document.ts";

export type JwtVerdict = "on" | 403 | 502;

const NBF_LEEWAY_S = 5 * 60;

export interface JwtQuestion {
  readonly check: AccessCheck;
  /** The value of Cf-Access-Jwt-Assertion; cloudflared ignores the cookie. */
  readonly token: string | undefined;
  readonly keys: JWTVerifyGetKey;
  /** Milliseconds since 1970. */
  readonly now: number;
}

export async function jwtVerdict({ check, token, keys, now }: JwtQuestion): Promise<JwtVerdict> {
  if (!check.required) return "on";
  if (token === undefined || token === "") return 403;
  try {
    const { payload } = await jwtVerify(token, keys, {
      algorithms: ["RS256"],
      issuer: `https://${check.teamName}.cloudflareaccess.com`,
      requiredClaims: ["exp"],
      clockTolerance: NBF_LEEWAY_S,
      currentDate: new Date(now),
    });
    // The leeway is only for nbf; jose would apply it to exp as well.
    if ((payload.exp ?? 0) * 1000 < now) return 502;
    return [payload.aud ?? []].flat().some((aud) => check.audTag.includes(aud)) ? "on" : 403;
  } catch {
    return 502;
  }
}
