import { z } from "zod";
import { ServiceError } from "../../core/errors.ts";
import type { Cloudflare } from "./cloudflare.ts";

/**
 * Finds the id of the only account that the token can see. If the token cannot list accounts, its
 * zones name the account.
 *
 * @throws {ServiceError} CFA-CF-ACCOUNT if there is no account or more than one
 */
export async function onlyAccount(cloudflare: Cloudflare): Promise<string> {
  const accounts = await cloudflare.list(
    "accounts.list",
    z.looseObject({ id: z.string() }),
    (sdk, page) => sdk.accounts.list(page),
  );
  const ids = new Set(
    accounts.length > 0 ? accounts.map(({ id }) => id) : await accountsOfZones(cloudflare),
  );
  const [id] = ids;
  if (id === undefined || ids.size > 1) throw ambiguousAccountError(ids.size);
  return id;
}

async function accountsOfZones(cloudflare: Cloudflare): Promise<readonly string[]> {
  const zone = z.looseObject({ account: z.looseObject({ id: z.string() }) });
  const zones = await cloudflare.list("zones.list", zone, (sdk, page) => sdk.zones.list(page));
  return zones.map(({ account }) => account.id);
}

const ambiguousAccountError = (count: number): ServiceError =>
  new ServiceError({
    service: "cloudflare",
    code: "CFA-CF-ACCOUNT",
    message:
      count === 0
        ? "the Cloudflare API token sees no account"
        : `the Cloudflare API token sees ${count} accounts, and cfauth cannot know which one to use`,
    fix: "set CLOUDFLARE_ACCOUNT_ID: it is in the URL of the dashboard, dash.cloudflare.com/<account id>",
    transient: false,
  });
