import type { Request, Route } from "../../routes.ts";
import { paged, success } from "../envelope.ts";
import { type Fields, isFields, isText } from "../fields.ts";
import { uuid } from "../ids.ts";
import type { CloudflareState, IdentityProvider } from "../state.ts";
import { conflict, invalidRequest, notFound } from "./refusals.ts";

const REDACTED = "**********************************";

export function identityProviderRoutes(state: CloudflareState): Route[] {
  const all = "/accounts/{account_id}/access/identity_providers";
  const one = `${all}/{identity_provider_id}`;
  return [
    {
      method: "GET",
      path: all,
      answer: (request) =>
        paged(request, [...state.identityProviders.values()].map(shown), {
          usual: 200,
          most: 1000,
        }),
    },
    {
      method: "POST",
      path: all,
      answer: (request) => success(shown(write(state, uuid(), request)), 201),
    },
    { method: "GET", path: one, answer: ({ params }) => success(shown(providerOf(state, params))) },
    {
      method: "PUT",
      path: one,
      answer: (request) =>
        success(shown(write(state, providerOf(state, request.params).id, request))),
    },
    { method: "DELETE", path: one, answer: ({ params }) => success(remove(state, params), 202) },
  ];
}

/** A PUT replaces the whole object: a client secret that is omitted, or sent as it was read, is lost. */
function write(state: CloudflareState, id: string, { call: { body } }: Request): IdentityProvider {
  const fields: Fields = isFields(body) ? body : {};
  const { name, type, config } = fields;
  if (!isText(name) || !isText(type) || !isFields(config))
    throw invalidRequest("an identity provider needs name, type and config");
  if (state.identityProviders.get(id)?.read_only === true)
    throw invalidRequest("identity provider is read only");
  const single =
    type === "onetimepin" &&
    [...state.identityProviders.values()].some((other) => other.type === type && other.id !== id);
  if (single) throw conflict("identity provider already exists");
  const missing =
    type === "oidc"
      ? ["client_id", "auth_url", "token_url", "certs_url"].find((key) => !isText(config[key]))
      : undefined;
  if (missing !== undefined) throw invalidRequest(`${missing} is required`);
  const provider: IdentityProvider = { ...fields, id, name, type, config: { ...config } };
  state.identityProviders.set(id, provider);
  return provider;
}

function remove(state: CloudflareState, params: Request["params"]): object {
  const { id } = providerOf(state, params);
  state.identityProviders.delete(id);
  return { id };
}

function shown(provider: IdentityProvider): object {
  const { client_secret, ...config } = provider.config;
  return {
    ...provider,
    config: client_secret === undefined ? config : { ...config, client_secret: REDACTED },
  };
}

function providerOf(state: CloudflareState, params: Request["params"]): IdentityProvider {
  const provider = state.identityProviders.get(params.identity_provider_id ?? "");
  if (!provider) throw notFound("identity provider");
  return provider;
}
