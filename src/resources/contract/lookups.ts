import { z } from "zod";
import type { Authentik } from "../../clients/authentik/authentik.ts";
import type { Cloudflare } from "../../clients/cloudflare/cloudflare.ts";
import type { DirectoryGroup, Lookup, ReferencedNames } from "../../core/domain/directory.ts";
import type { ServiceToken } from "../../core/domain/exposure.ts";
import { ServiceError } from "../../core/errors.ts";
import { inOrder } from "./all-in-order.ts";

/** The names that labels speak of, as they were looked up. Nothing of it is ever written. */
export interface ObservedLookups {
  readonly groups: Lookup<DirectoryGroup>;
  readonly tokens: Lookup<ServiceToken>;
  /** What was asked for at the last look: a name that is not found then is not looked up again at once. */
  readonly asked: ReferencedNames;
}

export interface LookupDriver {
  /** @throws {ServiceError} when a list could not be read for another reason than a missing permission */
  observe(asked: ReferencedNames): Promise<ObservedLookups>;
}

export const NO_REFERENCES: ReferencedNames = { groups: new Set(), tokens: new Set() };

/** Whether every name was looked for already, found or not. */
export const isFresh = (observed: ObservedLookups, asked: ReferencedNames): boolean =>
  asked.groups.isSubsetOf(observed.asked.groups) && asked.tokens.isSubsetOf(observed.asked.tokens);

/** Groups in Authentik and service tokens in Access; a list that no label needs is not read. */
export function createLookupDriver({
  authentik,
  cloudflare,
  account: account_id,
}: {
  readonly authentik: Authentik;
  readonly cloudflare: Cloudflare;
  readonly account: string;
}): LookupDriver {
  const groups = () =>
    authentik.list("groups.list", z.looseObject({ pk: z.string(), name: z.string() }), {
      path: "/core/groups/",
      // Without it every group comes with all its users.
      query: { include_users: false },
    });
  const tokens = () =>
    cloudflare.list(
      "service-tokens.list",
      z.looseObject({ id: z.string(), name: z.string() }),
      (sdk, page) => sdk.zeroTrust.access.serviceTokens.list({ account_id, ...page }),
    );
  return {
    observe: async (asked) => {
      const [known, machines] = await inOrder([
        asked.groups.size === 0 ? { found: [] } : lookup(groups()),
        asked.tokens.size === 0 ? { found: [] } : lookup(tokens()),
      ]);
      return { groups: known, tokens: machines, asked };
    },
  };
}

/** A list that the token may not read leaves every name unknown; that holds up only the routes that name one. */
async function lookup<T extends { readonly name: string }>(
  list: Promise<readonly T[]>,
): Promise<Lookup<T>> {
  try {
    return { found: await list };
  } catch (error) {
    if (!(error instanceof ServiceError) || !DENIED.has(error.code)) throw error;
    return { fault: { code: error.code, message: error.message, fix: error.fix } };
  }
}

const DENIED = new Set(["CFA-AK-PERMISSION", "CFA-CF-PERMISSION"]);
