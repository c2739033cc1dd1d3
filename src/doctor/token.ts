import { z } from "zod";
import type { Cloudflare } from "../clients/cloudflare/cloudflare.ts";
import type { ProblemCode } from "../core/domain/problem.ts";
import { ServiceError } from "../core/errors.ts";
import type { DoctorCheck } from "./findings.ts";

const TokenVerification = z.looseObject({ status: z.string(), expires_on: z.string().nullish() });

export type TokenVerification = z.infer<typeof TokenVerification>;

/**
 * Verifies the API token and reads its expiry. User tokens and account tokens have separate
 * endpoints.
 *
 * @throws {ServiceError} CFA-CF-TOKEN if neither endpoint knows the token
 */
export async function verifyToken(
  cloudflare: Cloudflare,
  account: () => Promise<string>,
): Promise<TokenVerification> {
  const ask = (path: string) =>
    cloudflare.request("token.verify", TokenVerification, (sdk) => sdk.get(path));
  try {
    return await ask("/user/tokens/verify");
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== "CFA-CF-TOKEN") throw error;
    const id = await account().catch(() => undefined);
    if (id === undefined) throw error;
    return await ask(`/accounts/${id}/tokens/verify`);
  }
}

/** A token that expires sooner than this is worth a warning, in milliseconds. */
const WARN_BEFORE_MS = 14 * 86_400_000;

export interface TokenExpiry {
  readonly id: string;
  readonly code: ProblemCode;
  readonly fix: string;
}

/** @param expires - undefined: never. @param now - milliseconds since 1970 */
export function tokenExpiry(
  expires: string | undefined,
  { id, code, fix }: TokenExpiry,
  now: number,
): DoctorCheck & { readonly detail: string } {
  const title = "Token valid";
  const at = expires === undefined ? Number.NaN : Date.parse(expires);
  if (Number.isNaN(at)) return { id, title, result: "pass", detail: "never expires" };
  const day = new Date(at).toISOString().slice(0, 10);
  if (at - now > WARN_BEFORE_MS) return { id, title, result: "pass", detail: `expires ${day}` };
  return {
    id,
    title,
    result: "warn",
    detail: `expires ${day}: cfauth cannot change anything after that`,
    code,
    fixes: [fix],
  };
}
