import { type AuthentikState, applicationOf, type Provider } from "../state.ts";
import type { Version } from "../versions.ts";

/** The fields of every kind of provider; applications embed them too. */
export function shownProvider(state: AuthentikState, version: Version, provider: Provider) {
  const application = applicationOf(state, provider);
  // Read-only text that could not be null before 2025.8.
  const none = version.knows("provider", "logout_uri") ? null : "";
  const {
    pk,
    name,
    authentication_flow,
    authorization_flow,
    invalidation_flow,
    property_mappings,
  } = provider;
  const common = {
    pk,
    name,
    authentication_flow,
    authorization_flow,
    invalidation_flow,
    property_mappings,
    component: "ak-provider-oauth2-form",
    assigned_application_slug: application?.slug ?? none,
    assigned_application_name: application?.name ?? none,
    assigned_backchannel_application_slug: none,
    assigned_backchannel_application_name: none,
    verbose_name: "OAuth2/OpenID Provider",
    verbose_name_plural: "OAuth2/OpenID Providers",
    meta_model_name: "authentik_providers_oauth2.oauth2provider",
  };
  return version.trimmed("provider", common);
}
