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
import { AS_IT_WAS, type Entry, sh, yaml } from "./entry.ts";
import { thrown } from "./run.ts";

const failed = (operation: CloudflareOperationName) => ({
  operation: CLOUDFLARE_OPERATIONS[operation],
  hide: [],
});

/** @param code - Cloudflare's own; absent where it is not its API that answers */
function answered(operation: CloudflareOperationName, status: number, code?: number, message = "") {
  const envelope =
    code === undefined ? undefined : { errors: [{ code, message }], result: undefined };
  return cloudflareResponseError(failed(operation), { status }, envelope, 0);
}

const silent = Object.assign(new Error("getaddrinfo ENOTFOUND api.cloudflare.com"), {
  code: "ENOTFOUND",
});

const seeing = (...accounts: readonly string[]) =>
  ({ list: async () => accounts.map((id) => ({ id })) }) as unknown as Cloudflare;

export const ofCloudflare = {
  "CFA-CF-TOKEN": {
    says: () => [answered("zones.list", 401, 10000)],
    so: "Cloudflare does not take the API token: it is mistyped, expired, deleted, or switched off.",
    why: "Nothing can be read or written without it.",
    mend: [
      `[Create one with everything ticked](${TOKEN_FORM}), put it into \`.env\` as \`CLOUDFLARE_API_TOKEN\`, and`,
      sh("docker compose up -d --force-recreate cfauth"),
      "It is an API token, not the Global API Key, and not the tunnel's connector token. If the token has a filter of client addresses, this machine's must be in it.",
    ],
    effect: AS_IT_WAS,
  },
  "CFA-CF-PERMISSION": {
    says: () => [
      answered("applications.list", 403, 10000),
      answered("service-tokens.list", 403, 10000),
    ],
    so: "The token works and lacks a permission, which is named as the dashboard names it.",
    why: "cfauth needs all of them for one route: tunnel, Access, login method and DNS.",
    mend: [
      "Add it to the token: the token itself stays the same, so nothing is to be changed at cfauth. All that are needed:",
      "- Account · Cloudflare Tunnel · Edit\n- Account · Access: Apps and Policies · Edit\n- Account · Access: Organizations, Identity Providers, and Groups · Edit\n- Zone · DNS · Edit\n- Zone · Zone · Read\n- Account · Access: Service Tokens · Read, only for labels that name service tokens",
      `Or [create a new one with the first five ticked](${TOKEN_FORM}).`,
    ],
    effect: `${AS_IT_WAS} Where only service tokens are meant, only the routes whose labels name one wait.`,
  },
  "CFA-CF-NO-ZERO-TRUST": {
    says: () => [answered("organization.get", 400, 9999)],
    so: "The account has never opened Zero Trust (Cloudflare's error 9999).",
    why: "Access needs a team name, and choosing it and a plan is yours to do.",
    mend: [
      "Open https://one.dash.cloudflare.com, choose the account, pick a team name and the Free plan. It may ask for a payment method. cfauth goes on by itself.",
    ],
    effect: "No route is opened.",
  },
  "CFA-CF-ACCOUNT": {
    says: async () => [
      await thrown(() => onlyAccount(seeing())),
      await thrown(() => onlyAccount(seeing("a", "b"))),
    ],
    so: "The token sees no account, or several.",
    why: "In the wrong account cfauth would look for the tunnel in vain, or make one where nobody looks.",
    mend: [
      yaml(
        "    environment:",
        "      CLOUDFLARE_ACCOUNT_ID: <the 32 characters in the dashboard's address>",
      ),
    ],
    effect: AS_IT_WAS,
  },
  "CFA-CF-UNREACHABLE": {
    says: () => [
      cloudflareConnectionError(failed("records.list"), silent),
      answered("configuration.get", 502, 1),
      answered("configuration.get", 502),
      answered("zones.list", 302),
    ],
    so: "Cloudflare's API does not answer, or answers with an error of its own.",
    why: "What stands there is not known then. A write whose answer is lost may have happened: cfauth looks before it writes again.",
    mend: [
      "Usually nothing: cfauth tries again, at first after a second, at most every 5 minutes. If it lasts, see https://www.cloudflarestatus.com and whether this machine reaches https://api.cloudflare.com (firewall, DNS of the Docker host, a proxy).",
    ],
    effect: AS_IT_WAS,
  },
  "CFA-CF-RATE-LIMIT": {
    says: () => [answered("records.list", 429, 971)],
    so: "Cloudflare's limit of 1,200 requests in 5 minutes is used up. It counts for the user, with all tokens and the dashboard.",
    why: "Cloudflare would refuse, and whoever goes on asking waits longer.",
    mend: [
      "Nothing: cfauth comes back when Cloudflare says so. It holds itself to 1,100 requests in 5 minutes and needs few; if it happens often, see what else uses the same account.",
    ],
    effect: AS_IT_WAS,
  },
  "CFA-CF-REFUSED": {
    says: () => [
      answered(
        "applications.create",
        400,
        12130,
        "access.api.error.invalid_request: domain does not belong to zone",
      ),
      invalidCloudflareResponse(CLOUDFLARE_OPERATIONS["zones.list"], "account.id"),
      oversizedCloudflareResponse(
        failed("zones.list"),
        "answer",
        largerThan(MAX_ANSWER_BYTES, "bytes"),
      ),
      oversizedCloudflareResponse(
        failed("zones.list"),
        "list",
        largerThan(MAX_LIST_PAGES, "pages"),
      ),
      notConvergingError({
        kind: "dns",
        action: "update",
        subject: "wiki.example.com",
      } as AnyChange),
    ],
    so: "Cloudflare refused something that cfauth asked for, and says why; it answered something that cfauth does not know, or more than cfauth reads; or it takes a change, and what it has then is something else.",
    why: "The same request would be refused again.",
    mend: [
      'See what Cloudflare says. "domain does not belong to zone" is also said of a zone that is still pending: finish its setup. A limit of the plan (applications, policies, DNS records) is named there too. What is not kept may be changed by a second daemon or a script; cfauth tries it again later and later. If what it names is right, please report it, with `/api/routes` or the log\'s lines.',
    ],
    effect: "The routes concerned wait, or stay as they were. Others go on.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
