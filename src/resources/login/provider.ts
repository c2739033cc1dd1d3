import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { Authentik, AuthentikRequest } from "../../clients/authentik/authentik.ts";
import { isNotFound } from "../../clients/not-found.ts";
import type { DesiredProvider, Provider } from "./types.ts";

const text = z.string().nullish();

/** The provider as Authentik returns it from 2024.2 on, including the coming 2026.11. */
const ProviderAnswer = z.looseObject({
  pk: z.number(),
  name: z.string(),
  client_id: z.string(),
  client_secret: text,
  /** From 2026.11 on, the id of a separate secret object. */
  secret: text,
  client_type: text,
  /** Before 2024.8.5 and 2024.10.3, a text with one URL per line. */
  redirect_uris: z
    .union([
      z.string(),
      z.array(
        z.looseObject({
          matching_mode: z.string(),
          url: z.string(),
          redirect_uri_type: z.string().optional(),
        }),
      ),
    ])
    .nullish(),
  authorization_flow: text,
  invalidation_flow: text,
  signing_key: text,
  encryption_key: text,
  property_mappings: z.array(z.string()).nullish(),
  grant_types: z.array(z.string()).nullish(),
  include_claims_in_id_token: z.boolean().nullish(),
  assigned_application_slug: text,
});

type ProviderAnswer = z.infer<typeof ProviderAnswer>;

export async function providerByName(
  authentik: Authentik,
  name: string,
): Promise<Provider | undefined> {
  const all = await authentik.list("providers.list", ProviderAnswer, {
    path: "/providers/oauth2/",
    query: { name },
  });
  const answer = all.find((it) => it.name === name);
  return answer && (await providerFrom(authentik, answer));
}

/** Undefined if it does not exist or is a provider of another type. */
export async function providerByPk(
  authentik: Authentik,
  pk: number,
): Promise<Provider | undefined> {
  try {
    return await providerFrom(
      authentik,
      await authentik.request("providers.get", ProviderAnswer, {
        path: `/providers/oauth2/${pk}/`,
      }),
    );
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

export const createProvider = (authentik: Authentik, desired: DesiredProvider): Promise<Provider> =>
  write(authentik, "providers.create", { method: "POST", path: "/providers/oauth2/" }, desired);

/** Writes only the managed fields. The others belong to the user. */
export const updateProvider = (
  authentik: Authentik,
  { pk }: Provider,
  desired: DesiredProvider,
): Promise<Provider> =>
  write(
    authentik,
    "providers.update",
    { method: "PATCH", path: `/providers/oauth2/${pk}/` },
    desired,
  );

async function write(
  authentik: Authentik,
  operation: "providers.create" | "providers.update",
  request: AuthentikRequest,
  desired: DesiredProvider,
): Promise<Provider> {
  const body = {
    ...bodyOf(desired),
    ...((await usesTextUris(authentik)) && {
      redirect_uris: desired.redirectUris.map(({ url }) => url).join("\n"),
    }),
  };
  const answer = await authentik.request(operation, ProviderAnswer, { ...request, body });
  const provider = await providerFrom(authentik, answer);
  return provider.clientSecret === "" ? await setSecret(authentik, answer) : provider;
}

/** Creates a new secret if it was emptied, or, from 2026.11 on, never existed. */
async function setSecret(
  authentik: Authentik,
  { pk, name, client_secret }: ProviderAnswer,
): Promise<Provider> {
  const value = randomBytes(48).toString("base64url");
  const body =
    typeof client_secret === "string"
      ? { client_secret: value }
      : { secret: await createSecret(authentik, name, value) };
  const request = {
    method: "PATCH",
    path: `/providers/oauth2/${pk}/`,
    body,
    hide: [value],
  } as const;
  const answer = await authentik.request("providers.update", ProviderAnswer, request);
  return await providerFrom(authentik, { ...answer, client_secret: value });
}

/**
 * Creates a secret and returns its id. Reading it back proves that it may be given to a provider,
 * which requires the same permission.
 */
async function createSecret(
  authentik: Authentik,
  provider: string,
  value: string,
): Promise<string> {
  const created = await authentik.request(
    "secrets.create",
    z.union([z.looseObject({ pk: z.string() }), z.looseObject({ id: z.string() })]),
    {
      method: "POST",
      path: "/secrets/secrets/",
      body: { name: `${provider} ${randomBytes(4).toString("hex")}`, type: "text", value },
      hide: [value],
    },
  );
  const id = String("pk" in created ? created.pk : created.id);
  await readSecret(authentik, id);
  return id;
}

/**
 * Whether redirect URIs are still one text with one URL per line. They became a list with the fix
 * of CVE-2024-52289, in patch releases of two versions.
 */
async function usesTextUris(authentik: Authentik): Promise<boolean> {
  const { version_current } = await authentik.request(
    "version.get",
    z.looseObject({ version_current: z.string() }),
    {
      path: "/admin/version/",
    },
  );
  const [year = 0, month = 0, patch = 0] = version_current
    .split(".")
    .map((part) => Number.parseInt(part, 10));
  return (
    year < 2024 ||
    (year === 2024 && (month < 8 || (month === 8 && patch < 5) || (month === 10 && patch < 3)))
  );
}

/**
 * A version ignores fields that it does not know. With an encryption key, Cloudflare could not read
 * the logins.
 */
const bodyOf = (desired: DesiredProvider): Record<string, unknown> => ({
  name: desired.name,
  client_type: desired.clientType,
  redirect_uris: desired.redirectUris.map(({ mode, url, type }) => ({
    matching_mode: mode,
    url,
    ...(type !== undefined && { redirect_uri_type: type }),
  })),
  authorization_flow: desired.authorizationFlow,
  ...(desired.invalidationFlow !== undefined && { invalidation_flow: desired.invalidationFlow }),
  signing_key: desired.signingKey,
  encryption_key: null,
  property_mappings: desired.scopes,
  grant_types: desired.grantTypes,
  include_claims_in_id_token: true,
});

async function providerFrom(authentik: Authentik, answer: ProviderAnswer): Promise<Provider> {
  return {
    pk: answer.pk,
    name: answer.name,
    clientId: answer.client_id,
    clientSecret:
      answer.client_secret ?? (answer.secret ? await readSecret(authentik, answer.secret) : ""),
    clientType: answer.client_type ?? "",
    redirectUris: redirectUris(answer.redirect_uris),
    authorizationFlow: answer.authorization_flow ?? "",
    invalidationFlow: answer.invalidation_flow ?? undefined,
    signingKey: answer.signing_key ?? undefined,
    encryptionKey: answer.encryption_key ?? undefined,
    scopes: answer.property_mappings ?? [],
    grantTypes: answer.grant_types ?? undefined,
    claimsInIdToken: answer.include_claims_in_id_token ?? true,
    assignedTo: answer.assigned_application_slug || undefined,
  };
}

/** According to the development version (2026.11.0-rc1, checked 2026-11); not released yet. */
async function readSecret(authentik: Authentik, id: string): Promise<string> {
  const { value } = await authentik.request("secrets.view", z.looseObject({ value: z.string() }), {
    path: `/secrets/secrets/${id}/view_value/`,
  });
  return value;
}

/** While redirect URIs were one text, each line was also treated as a pattern. */
const PATTERN = /[*+^$|\\()[\]{}]/;

function redirectUris(uris: ProviderAnswer["redirect_uris"]): Provider["redirectUris"] {
  if (typeof uris === "string")
    return uris
      .split(/\s+/)
      .filter((url) => url !== "")
      .map((url) => ({ mode: PATTERN.test(url) ? "regex" : "strict", url, type: undefined }));
  return (uris ?? []).map(({ matching_mode, url, redirect_uri_type }) => ({
    mode: matching_mode,
    url,
    type: redirect_uri_type,
  }));
}
