import { z } from "zod";
import { ServiceError } from "../core/errors.ts";
import { ZERO_TRUST } from "../core/links.ts";
import type { DoctorContext } from "./context.ts";
import { type Findings, passedCheck } from "./findings.ts";

/**
 * Checks that a Zero Trust team exists. Only a person can create one: it takes a team name and a
 * plan.
 */
export async function checkZeroTrust({ cloudflare, account }: DoctorContext): Promise<Findings> {
  const account_id = await account();
  const shape = z.looseObject({ auth_domain: z.string() });
  try {
    const { auth_domain } = await cloudflare.request("organization.get", shape, (sdk) =>
      sdk.zeroTrust.organizations.list({ account_id }),
    );
    return {
      headline: auth_domain,
      checks: [passedCheck("zero-trust.team", "Zero Trust is set up", auth_domain)],
    };
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== "CFA-CF-NO-ZERO-TRUST") throw error;
    throw new ServiceError({
      service: "cloudflare",
      code: error.code,
      message:
        "not set up on this account (Cloudflare 9999): only you can take this first step, because it chooses the team name and accepts a plan; it takes a minute, and the Free plan is enough",
      fix: `open ${ZERO_TRUST}, choose the account, pick a team name and the Free plan (it may ask for a payment method); then run cfauth doctor again`,
      transient: false,
      status: error.status,
      vendor: error.vendor,
    });
  }
}
