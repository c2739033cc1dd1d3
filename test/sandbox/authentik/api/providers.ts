import type { Route } from "../../routes.ts";
import { randomText } from "../random.ts";
import type { AuthentikState, Provider, RedirectUri } from "../state.ts";
import type { Version } from "../versions.ts";
import {
  type Fields,
  flag,
  integer,
  keyOf,
  listOf,
  nullable,
  objects,
  oneOf,
  type Read,
  requireUnique,
  text,
} from "./fields.ts";
import { containing, exactly } from "./lists.ts";
import { shownProvider } from "./provider-shown.ts";
import { type Resource, routesOf } from "./resource.ts";
import { secretOfProvider } from "./secrets.ts";

const GRANT_TYPES = [
  "authorization_code",
  "implicit",
  "hybrid",
  "refresh_token",
  "client_credentials",
  "password",
  "urn:ietf:params:oauth:grant-type:device_code",
  "urn:ietf:params:oauth:grant-type:token-exchange",
];

const MODEL = "OAuth2/OpenID Provider";

export function providerResource(state: AuthentikState, version: Version): Resource<Provider> {
  return {
    path: "/providers/oauth2/",
    key: "pk",
    model: "OAuth2Provider",
    rows: () => state.providers,
    show: (provider) => shown(state, version, provider),
    filters: {
      name: exactly("name"),
      client_id: exactly("client_id"),
      client_type: exactly("client_type"),
      signing_key: exactly("signing_key"),
      authorization_flow: exactly("authorization_flow"),
      search: containing("name"),
      application: ({ pk }, value) =>
        state.applications.some(
          (application) => application.pk === value && application.provider === pk,
        ),
    },
    order: "name",
    write: {
      fields: fields(state, version),
      kind: "provider",
      create: (values) => create(state, version, values),
      check: (values, row) => {
        requireUnique(state.providers, row, "name", values["name"], MODEL);
        requireUnique(state.providers, row, "client_id", values["client_id"], MODEL);
      },
      written: ({ pk }, verb) => {
        if (verb === "removed")
          for (const each of state.applications) if (each.provider === pk) each.provider = null;
      },
    },
  };
}

export function providerRoutes(state: AuthentikState, version: Version): Route[] {
  return routesOf(providerResource(state, version), version);
}

function fields(state: AuthentikState, version: Version): Fields {
  const flow = keyOf(() => state.flows.map(({ pk }) => pk));
  const certificate = nullable(keyOf(() => state.certificates.map(({ pk }) => pk)));
  const list = version.has("redirectUriList");
  return {
    name: { read: text(), required: true },
    authentication_flow: { read: nullable(flow) },
    authorization_flow: { read: flow, required: true },
    invalidation_flow: { read: flow, required: true },
    property_mappings: { read: listOf(keyOf(() => state.scopeMappings.map(({ pk }) => pk))) },
    client_type: { read: oneOf("confidential", "public") },
    grant_types: { read: listOf(oneOf(...GRANT_TYPES)) },
    client_id: { read: text({ most: 255 }) },
    client_secret: { read: text({ most: 255, blank: true }) },
    secret: { read: nullable(keyOf(() => state.secrets.map(({ pk }) => pk))) },
    access_code_validity: { read: validity },
    access_token_validity: { read: validity },
    refresh_token_validity: { read: validity },
    refresh_token_threshold: { read: validity },
    include_claims_in_id_token: { read: flag },
    signing_key: { read: certificate },
    encryption_key: { read: certificate },
    redirect_uris: { read: list ? redirectUris : redirectUriText, required: list },
    logout_uri: { read: text({ blank: true }) },
    logout_method: { read: oneOf("backchannel", "frontchannel") },
    sub_mode: {
      read: oneOf(
        "hashed_user_id",
        "user_id",
        "user_uuid",
        "user_username",
        "user_email",
        "user_upn",
      ),
    },
    issuer_mode: { read: oneOf("per_provider", "global") },
    jwt_federation_sources: { read: listOf(text()) },
    jwt_federation_providers: { read: listOf(integer) },
  };
}

/** `hours=1;minutes=5` */
const validity = text({
  pattern: /^\w+=\d+([;,]\w+=\d+)*$/,
  wrong: "Format is not correct: 'hours=1;minutes=2;seconds=3'.",
});

const redirectUris: Read = (value) => {
  const read = objects({
    matching_mode: { read: oneOf("strict", "regex"), required: true },
    url: { read: text(), required: true },
    redirect_uri_type: { read: oneOf("authorization", "logout") },
  })(value);
  return (read as RedirectUri[]).map((uri) => ({
    ...uri,
    redirect_uri_type: uri.redirect_uri_type ?? "authorization",
  }));
};

/** Each line is a pattern; the dot in `example.com` matches any character (CVE-2024-52289). */
const redirectUriText: Read = (value) => {
  const lines = String(text({ blank: true })(value))
    .split(/\s+/)
    .filter(Boolean);
  return lines.map(
    (url): RedirectUri => ({ matching_mode: "regex", url, redirect_uri_type: "authorization" }),
  );
};

function create(
  state: AuthentikState,
  version: Version,
  values: Record<string, unknown>,
): Provider {
  const unnamed =
    version.has("secretObjects") && state.secretMadeByItself && values["secret"] === undefined;
  return {
    pk: Math.max(0, ...state.providers.map(({ pk }) => pk)) + 1,
    name: "",
    authentication_flow: null,
    authorization_flow: "",
    invalidation_flow: null,
    property_mappings: [],
    client_type: "confidential",
    // Authentik's own form preselects two; the API has no default (2026.5 and later).
    grant_types: version.has("grantTypes") ? [] : GRANT_TYPES,
    client_id: randomText(40),
    client_secret: randomText(128),
    secret: unnamed ? secretOfProvider(state, String(values["name"])) : null,
    access_code_validity: "minutes=1",
    access_token_validity: "hours=1",
    refresh_token_validity: "days=30",
    refresh_token_threshold: "seconds=0",
    include_claims_in_id_token: true,
    signing_key: null,
    encryption_key: null,
    redirect_uris: [],
    logout_uri: "",
    logout_method: "backchannel",
    sub_mode: "hashed_user_id",
    issuer_mode: "per_provider",
    jwt_federation_sources: [],
    jwt_federation_providers: [],
    ...values,
  };
}

function shown(state: AuthentikState, version: Version, provider: Provider): object {
  const uris = provider.redirect_uris;
  return version.trimmed("provider", {
    ...provider,
    ...shownProvider(state, version, provider),
    redirect_uris: version.has("redirectUriList")
      ? uris.map((uri) => version.trimmed("redirectUri", uri))
      : uris.map(({ url }) => url).join("\n"),
    jwks_sources: [],
  });
}
