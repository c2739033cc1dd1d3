import type { IdentityProviderCreateParams } from "cloudflare/resources/zero-trust/identity-providers/identity-providers";
import { z } from "zod";
import type { Cloudflare } from "../../clients/cloudflare/cloudflare.ts";
import { ignoreNotFound } from "../contract/apply.ts";
import { type Mine, markOwned } from "../contract/owned.ts";
import { methodPrefix } from "./propose.ts";
import type { LoginChange, LoginMethod, LoginMethodConfig } from "./types.ts";

interface Hands {
  readonly cloudflare: Cloudflare;
  readonly account: string;
}

const MethodAnswer = z.looseObject({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  config: z.record(z.string(), z.unknown()).nullish(),
  scim_config: z.record(z.string(), z.unknown()).nullish(),
});

interface Methods {
  /** Of several, which two first starts at once may make, the same one comes first for all who look. */
  readonly ours: readonly Mine<LoginMethod>[];
  readonly others: readonly Pick<LoginMethod, "name" | "config">[];
}

/** The login methods of this slug, and those of others that are of the same sort. */
export async function methodsOf(
  { cloudflare, account: account_id }: Hands,
  slug: string,
): Promise<Methods> {
  const all = await cloudflare.list("login-methods.list", MethodAnswer, (sdk, page) =>
    sdk.zeroTrust.identityProviders.list({ account_id, ...page }),
  );
  const methods = all.filter(({ type }) => type === "oidc").map(methodFrom);
  const mine = ({ name }: LoginMethod): boolean => name.startsWith(methodPrefix(slug));
  return {
    ours: methods
      .filter(mine)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(markOwned),
    others: methods.filter((it) => !mine(it)),
  };
}

type MethodChange = Extract<LoginChange, { readonly key: "login-method" }>;

/** Whole in both cases: a PUT replaces, and a client secret that is not sent along is lost. */
export async function writeMethod(
  { cloudflare, account: account_id }: Hands,
  change: MethodChange,
): Promise<Mine<LoginMethod>> {
  const body = bodyOf(change);
  const answer =
    change.action === "create"
      ? await cloudflare.request(
          "login-methods.create",
          MethodAnswer,
          (sdk) => sdk.zeroTrust.identityProviders.create({ account_id, ...body }),
          [change.secret],
        )
      : await cloudflare.request(
          "login-methods.update",
          MethodAnswer,
          (sdk) =>
            sdk.zeroTrust.identityProviders.update(change.existing.id, { account_id, ...body }),
          [change.secret],
        );
  return markOwned(methodFrom(answer));
}

/**
 * Another cfauth may have made one at the same moment. Of several each keeps the same one, and removes its own, which nothing
 * names yet, where it is not that one.
 *
 * @param made - the one that was just created
 */
export async function onlyMethod(
  drivers: Hands,
  slug: string,
  made: Mine<LoginMethod>,
): Promise<Mine<LoginMethod>> {
  const { ours } = await methodsOf(drivers, slug);
  const kept = ours[0] ?? made;
  const isThere = ours.some(({ id }) => id === made.id);
  if (kept.id === made.id || !isThere) return kept;
  await ignoreNotFound(
    drivers.cloudflare.request("login-methods.delete", z.unknown(), (sdk) =>
      sdk.zeroTrust.identityProviders.delete(made.id, { account_id: drivers.account }),
    ),
  );
  return kept;
}

type Body = Omit<IdentityProviderCreateParams.AccessOIDC, "account_id" | "zone_id">;

function bodyOf(change: MethodChange): Body {
  const kept = change.action === "update" ? change.existing.unmanagedFields : {};
  const config = {
    ...change.config,
    scopes: [...change.config.scopes],
    claims: [...change.claims],
    client_secret: change.secret,
  };
  return { ...kept, name: change.name, type: "oidc", config };
}

const text = (value: unknown): string => (typeof value === "string" ? value : "");

function methodFrom({ id, name, config, scim_config }: z.infer<typeof MethodAnswer>): LoginMethod {
  const claims = Array.isArray(config?.["claims"]) ? config["claims"].map(String).toSorted() : [];
  return {
    id,
    name,
    config: configFrom(config ?? {}),
    claims,
    unmanagedFields: { ...(scim_config && { scim_config }) },
  };
}

const configFrom = (config: Readonly<Record<string, unknown>>): LoginMethodConfig => ({
  client_id: text(config["client_id"]),
  auth_url: text(config["auth_url"]),
  token_url: text(config["token_url"]),
  certs_url: text(config["certs_url"]),
  scopes: inOrder(Array.isArray(config["scopes"]) ? config["scopes"].map(String) : []),
  email_claim_name: text(config["email_claim_name"]),
  pkce_enabled: config["pkce_enabled"] === true,
});

/** Scopes are a set; as we write them first, so that another order in an answer is no difference. */
function inOrder(scopes: readonly string[]): readonly string[] {
  const usual = ["openid", "email", "profile"];
  return [
    ...usual.filter((scope) => scopes.includes(scope)),
    ...scopes.filter((scope) => !usual.includes(scope)).toSorted(),
  ];
}
