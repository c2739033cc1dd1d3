import { onlyAccount } from "../../../src/clients/cloudflare/account.ts";
import type { Cloudflare } from "../../../src/clients/cloudflare/cloudflare.ts";
import {
  cloudflareConnectionError,
  cloudflareResponseError,
  invalidCloudflareResponse,
  oversizedCloudflareResponse,
} from "../../../src/clients/cloudflare/errors.ts";
import {
  CLOUDFLARE_OPERATIONS,
  type CloudflareOperationName,
} from "../../../src/clients/cloudflare/operations.ts";
import { largerThan } from "../../../src/clients/limited.ts";
import { MAX_ANSWER_BYTES, MAX_LIST_PAGES } from "../../../src/clients/limits.ts";
import { TOKEN_FORM } from "../../../src/core/links.ts";
import { notConvergingError } from "../../../src/reconcile/not-converging.ts";
import type { AnyChange } from "../../../src/resources/registry.ts";
import { type Entry, NOTHING_CHANGES, sh, yaml } from "./entry.ts";
import { catchServiceError } from "./run.ts";

const failedCall = (operation: CloudflareOperationName) => ({
  operation: CLOUDFLARE_OPERATIONS[operation],
  hide: [],
});

/** @param code - Cloudflare's; absent if something other than its API answers */
function responseError(
  operation: CloudflareOperationName,
  status: number,
  code?: number,
  message = "",
) {
  const envelope =
    code === undefined ? undefined : { errors: [{ code, message }], result: undefined };
  return cloudflareResponseError(failedCall(operation), { status }, envelope, 0);
}

const silent = Object.assign(new Error("getaddrinfo ENOTFOUND api.cloudflare.com"), {
  code: "ENOTFOUND",
});

const clientWithAccounts = (...accounts: readonly string[]) =>
  ({ list: async () => accounts.map((id) => ({ id })) }) as unknown as Cloudflare;

export const CLOUDFLARE = {
  "CFA-CF-TOKEN": {
    title: "Cloudflare rejects the API token",
    messages: () => [responseError("zones.list", 401, 10000)],
    meaning: "Cloudflare rejects the API token: it is mistyped, expired, deleted or disabled.",
    reason: "Without a valid token cfauth can read and write nothing.",
    solution: [
      `[Create one with everything ticked](${TOKEN_FORM}), put it into \`.env\` as \`CLOUDFLARE_API_TOKEN\`, and run`,
      sh("docker compose up -d --force-recreate cfauth"),
      "It must be an API token, not the Global API Key and not the tunnel's connector token. If the token filters client addresses, the filter must include this machine's address.",
    ],
    effect: NOTHING_CHANGES,
  },
  "CFA-CF-PERMISSION": {
    title: "the API token lacks a permission",
    messages: () => [
      responseError("applications.list", 403, 10000),
      responseError("service-tokens.list", 403, 10000),
    ],
    meaning: "The token works but lacks a permission. The message names it as the dashboard does.",
    reason: "One route needs all of them: tunnel, Access, login method and DNS.",
    solution: [
      "Add it to the token. The token itself stays the same, so nothing changes for cfauth. The full list:",
      "- Account · Cloudflare Tunnel · Edit\n- Account · Access: Apps and Policies · Edit\n- Account · Access: Organizations, Identity Providers, and Groups · Edit\n- Zone · DNS · Edit\n- Zone · Zone · Read\n- Account · Access: Service Tokens · Read, only for labels that name service tokens",
      `Or [create a new one with the first five ticked](${TOKEN_FORM}).`,
    ],
    effect: `${NOTHING_CHANGES} If the permission is only for service tokens, only routes whose labels name one wait.`,
  },
  "CFA-CF-NO-ZERO-TRUST": {
    title: "the account has no Zero Trust",
    messages: () => [responseError("organization.get", 400, 9999)],
    meaning: "The account has never opened Zero Trust (Cloudflare's error 9999).",
    reason: "Access needs a team name and a plan, and only you can choose them.",
    solution: [
      "Open https://one.dash.cloudflare.com, choose the account, pick a team name and the Free plan. It may ask for a payment method. cfauth then continues without a restart.",
    ],
    effect: "No route opens.",
  },
  "CFA-CF-ACCOUNT": {
    title: "the token sees no account, or several",
    messages: async () => [
      await catchServiceError(() => onlyAccount(clientWithAccounts())),
      await catchServiceError(() => onlyAccount(clientWithAccounts("a", "b"))),
    ],
    meaning: "The token sees no account, or several.",
    reason:
      "In the wrong account cfauth would not find the tunnel, or would create one that nobody uses.",
    solution: [
      yaml(
        "    environment:",
        "      CLOUDFLARE_ACCOUNT_ID: <the 32 characters in the dashboard's address>",
      ),
    ],
    effect: NOTHING_CHANGES,
  },
  "CFA-CF-UNREACHABLE": {
    title: "Cloudflare's API does not answer",
    messages: () => [
      cloudflareConnectionError(failedCall("records.list"), silent),
      responseError("configuration.get", 502, 1),
      responseError("configuration.get", 502),
      responseError("zones.list", 302),
    ],
    meaning: "Cloudflare's API does not answer, or answers with an internal error.",
    reason:
      "Without an answer cfauth does not know the current state. A write whose answer is lost may have happened, so cfauth reads before it writes again.",
    solution: [
      "Usually nothing: cfauth tries again, first after one second, then less and less often, down to once every 5 minutes. If it lasts, look at https://www.cloudflarestatus.com and check whether this machine reaches https://api.cloudflare.com (firewall, DNS of the Docker host, a proxy).",
    ],
    effect: NOTHING_CHANGES,
  },
  "CFA-CF-RATE-LIMIT": {
    title: "Cloudflare's rate limit is used up",
    messages: () => [responseError("records.list", 429, 971)],
    meaning:
      "Cloudflare's limit of 1,200 requests in 5 minutes is used up. It applies to the user, with all tokens and the dashboard together.",
    reason:
      "Cloudflare would refuse further requests, and more requests would only lengthen the wait.",
    solution: [
      "Nothing: cfauth continues when Cloudflare allows it. cfauth limits itself to 1,100 requests in 5 minutes and normally needs few. If it happens often, find out what else uses the same account.",
    ],
    effect: NOTHING_CHANGES,
  },
  "CFA-CF-REFUSED": {
    title: "Cloudflare refuses a change",
    messages: () => [
      responseError(
        "applications.create",
        400,
        12130,
        "access.api.error.invalid_request: domain does not belong to zone",
      ),
      invalidCloudflareResponse(CLOUDFLARE_OPERATIONS["zones.list"], "account.id"),
      oversizedCloudflareResponse(
        failedCall("zones.list"),
        "answer",
        largerThan(MAX_ANSWER_BYTES, "bytes"),
      ),
      oversizedCloudflareResponse(
        failedCall("zones.list"),
        "list",
        largerThan(MAX_LIST_PAGES, "pages"),
      ),
      notConvergingError({
        kind: "dns",
        action: "update",
        subject: "wiki.example.com",
      } as AnyChange),
    ],
    meaning:
      "Cloudflare refused a change and says why. Or it sent an answer that cfauth does not understand, or a larger one than cfauth reads. Or it accepted a change, and a later read shows something else.",
    reason: "The same request would fail again.",
    solution: [
      'Read what Cloudflare says. "domain does not belong to zone" can also mean that the zone is still pending: finish its setup. The message also names an exceeded limit of the plan (applications, policies, DNS records). If a change does not last, a second daemon or a script may undo it; cfauth retries with growing pauses. If the named value is right, please report it, with `/api/routes` or the lines of the log.',
    ],
    effect: "The affected routes wait or stay as they are. Other routes are not affected.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
