import { z } from "zod";
import type { Authentik } from "../../clients/authentik/authentik.ts";
import type { Cloudflare } from "../../clients/cloudflare/cloudflare.ts";
import type { Provider, Removal } from "./types.ts";

interface RemovalContext {
  readonly cloudflare: Cloudflare;
  readonly authentik: Authentik;
  readonly account: string;
}

export function removeLoginPart(
  { cloudflare, authentik, account: account_id }: RemovalContext,
  change: Removal,
): Promise<unknown> {
  switch (change.key) {
    case "login-method-gone":
      return cloudflare.request("login-methods.delete", z.unknown(), (sdk) =>
        sdk.zeroTrust.identityProviders.delete(change.existing.id, { account_id }),
      );
    case "login-application-gone":
      return authentik.request("applications.delete", z.unknown(), {
        method: "DELETE",
        path: `/core/applications/${change.existing.slug}/`,
      });
    case "login-provider-gone":
      return removeProvider(authentik, change.existing);
    case "login-groups-gone":
      return authentik.request("scopes.delete", z.unknown(), {
        method: "DELETE",
        path: `${change.path}${change.existing.pk}/`,
      });
  }
}

/**
 * From 2026.11 on, the client secret is a separate object. The one created for this provider is
 * deleted too, once the provider is gone.
 */
async function removeProvider(authentik: Authentik, { pk, name }: Provider): Promise<void> {
  const path = `/providers/oauth2/${pk}/`;
  const { secret } = await authentik.request(
    "providers.get",
    z.looseObject({ secret: z.string().nullish() }),
    { path },
  );
  await authentik.request("providers.delete", z.unknown(), { method: "DELETE", path });
  if (!secret) return;
  const secretPath = `/secrets/secrets/${secret}/`;
  const existing = await authentik.request("secrets.get", z.looseObject({ name: z.string() }), {
    path: secretPath,
  });
  if (existing.name.startsWith(`${name} `))
    await authentik.request("secrets.delete", z.unknown(), { method: "DELETE", path: secretPath });
}
