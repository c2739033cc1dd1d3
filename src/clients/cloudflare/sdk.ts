import { BaseAccounts } from "cloudflare/resources/accounts/accounts";
import { BaseRecords } from "cloudflare/resources/dns/records";
import { BaseApplications } from "cloudflare/resources/zero-trust/access/applications/applications";
import { BasePolicies } from "cloudflare/resources/zero-trust/access/policies";
import { BaseServiceTokens } from "cloudflare/resources/zero-trust/access/service-tokens";
import { BaseTags } from "cloudflare/resources/zero-trust/access/tags";
import { BaseIdentityProviders } from "cloudflare/resources/zero-trust/identity-providers/identity-providers";
import { BaseOrganizations } from "cloudflare/resources/zero-trust/organizations/organizations";
import { BaseCloudflared } from "cloudflare/resources/zero-trust/tunnels/cloudflared/cloudflared";
import { BaseConfigurations } from "cloudflare/resources/zero-trust/tunnels/cloudflared/configurations";
import { BaseConnections } from "cloudflare/resources/zero-trust/tunnels/cloudflared/connections";
import { BaseToken } from "cloudflare/resources/zero-trust/tunnels/cloudflared/token";
import { BaseZones } from "cloudflare/resources/zones/zones";
import { createClient } from "cloudflare/tree-shakable";
import { createReader, type Reader } from "../limited.ts";
import { MAX_ANSWER_BYTES, MAX_ANSWER_VALUES } from "../limits.ts";

export interface SdkOptions {
  readonly token: string;
  readonly baseUrl: string;
  readonly timeoutMs: number;
}

export type Sdk = ReturnType<typeof createSdk>;

/**
 * The date of the SDK's release. The SDK defaults to today, so the API's behaviour could change
 * unnoticed.
 */
const API_VERSION = "2026-10-03";

/**
 * Creates the SDK's client with only the resources that cfauth uses; the whole SDK costs 50 MB of
 * memory (measured 2026-11). Nothing is read from the environment. The SDK's log is always off,
 * because at `debug` it prints bodies with client secrets. Redirects are not followed, because they
 * turn a POST into a GET, whose response would count as the success of the write.
 */
export function createSdk({ token, baseUrl, timeoutMs }: SdkOptions) {
  const reader = createReader({ maxBytes: MAX_ANSWER_BYTES, maxValues: MAX_ANSWER_VALUES });
  return createClient({
    apiToken: token,
    apiKey: null,
    apiEmail: null,
    userServiceKey: null,
    baseURL: baseUrl,
    apiVersion: API_VERSION,
    timeout: timeoutMs,
    maxRetries: 0,
    logLevel: "off",
    fetch: async (input, init) =>
      readWithinLimits(
        await fetch(input, {
          ...init,
          redirect: "manual",
          signal: withDeadline(init?.signal, timeoutMs),
        }),
        reader,
      ),
    resources: [
      BaseAccounts,
      BaseZones,
      BaseRecords,
      BaseOrganizations,
      BaseIdentityProviders,
      BaseApplications,
      BasePolicies,
      BaseServiceTokens,
      BaseTags,
      BaseCloudflared,
      BaseConfigurations,
      BaseConnections,
      BaseToken,
    ],
  });
}

/**
 * Reads the response's body within the limits. Otherwise the SDK reads the body of an error
 * response to its end, however long it is.
 *
 * @throws {BeyondLimit}
 */
async function readWithinLimits(response: Response, reader: Reader): Promise<Response> {
  const { body, status, statusText, headers } = response;
  if (body === null) return response;
  const text = await reader.text(body);
  return new Response(text === "" ? null : text, { status, statusText, headers });
}

/**
 * The SDK's own timeout covers only the headers; without this one, a body that never arrives would
 * hang for ever.
 */
function withDeadline(signal: AbortSignal | null | undefined, timeoutMs: number): AbortSignal {
  const deadline = AbortSignal.timeout(timeoutMs);
  return signal ? AbortSignal.any([signal, deadline]) : deadline;
}
