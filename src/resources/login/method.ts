import type { IdentityProviderCreateParams } from "cloudflare/resources/zero-trust/identity-providers/identity-providers";
import { z } from "zod";
import type { Cloudflare } from "../../clients/cloudflare/cloudflare.ts";
import { ignoreNotFound } from "../contract/apply.ts";
import { type Mine, markOwned } from "../contract/owned.ts";
import { methodPrefix } from "./propose.ts";
import type { LoginChange, LoginMethod, LoginMethodConfig } from "./types.ts";

interface CloudflareContext {
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
  /**
   * Two first starts at once may create several. The same one comes first for every cfauth.
   */
  readonly ours: readonly Mine<LoginMethod>[];
  readonly others: readonly Pick<LoginMethod, "name" | "config">[];
}

/** The login methods of this slug, and foreign ones of the same type. */
export async function methodsOf(
  { cloudflare, account: account_id }: CloudflareContext,
  slug: string,
): Promise<Methods> {
  const all = await cloudflare.list("login-methods.list", MethodAnswer, (sdk, page) =>
    sdk.zeroTrust.identityProviders.list({ account_id, ...page }),
  );
  const methods = all.filter(({ type }) => type === "oidc").map(methodFrom);
  const isOurs = ({ name }: LoginMethod): boolean => name.startsWith(methodPrefix(slug));
  return {
    ours: methods
      .filter(isOurs)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      .map(markOwned),
    others: methods.filter((it) => !isOurs(it)),
  };
}

type MethodChange = Extract<LoginChange, { readonly key: "login-method" }>;

/** Always writes the whole method: a PUT replaces it, and would lose an omitted client secret. */
export async function writeMethod(
  { cloudflare, account: account_id }: CloudflareContext,
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
 * Another cfauth may have created a method at the same moment. Every cfauth keeps the same one of
 * several. If that is not the one just created, the new one is removed, as nothing names it yet.
 *
 * @param created - the method that was just created
 */
export async function onlyMethod(
  context: CloudflareContext,
  slug: string,
  created: Mine<LoginMethod>,
): Promise<Mine<LoginMethod>> {
  const { ours } = await methodsOf(context, slug);
  const kept = ours[0] ?? created;
  const exists = ours.some(({ id }) => id === created.id);
  if (kept.id === created.id || !exists) return kept;
  await ignoreNotFound(
    context.cloudflare.request("login-methods.delete", z.unknown(), (sdk) =>
      sdk.zeroTrust.identityProviders.delete(created.id, { account_id: context.account }),
    ),
  );
  return kept;
}

type Body = Omit<IdentityProviderCreateParams.AccessOIDC, "account_id" | "zone_id">;

function bodyOf(change: MethodChange): Body {
  const unmanaged = change.action === "update" ? change.existing.unmanagedFields : {};
  const config = {
    ...change.config,
    scopes: [...change.config.scopes],
    claims: [...change.claims],
    client_secret: change.secret,
  };
  return { ...unmanaged, name: change.name, type: "oidc", config };
}

const textOrEmpty = (value: unknown): string => (typeof value === "string" ? value : "");

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
  client_id: textOrEmpty(config["client_id"]),
  auth_url: textOrEmpty(config["auth_url"]),
  token_url: textOrEmpty(config["token_url"]),
  certs_url: textOrEmpty(config["certs_url"]),
  scopes: sortScopes(Array.isArray(config["scopes"]) ? config["scopes"].map(String) : []),
  email_claim_name: textOrEmpty(config["email_claim_name"]),
  pkce_enabled: config["pkce_enabled"] === true,
});

/**
 * Scopes are a set. They are sorted the way cfauth writes them, so that their order never differs.
 */
function sortScopes(scopes: readonly string[]): readonly string[] {
  const standard = ["openid", "email", "profile"];
  return [
    ...standard.filter((scope) => scopes.includes(scope)),
    ...scopes.filter((scope) => !standard.includes(scope)).toSorted(),
  ];
}
