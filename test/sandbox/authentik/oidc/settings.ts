import {
  type Configuration,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
} from "oidc-provider";
import { attached, claimNames, claimsOf, subject } from "../claims.ts";
import { mayOpen } from "../policies.ts";
import type { User } from "../state.ts";
import { signer } from "./client.ts";
import { consented } from "./consent.ts";
import { seconds } from "./duration.ts";
import { loggedOutPage, logoutPage, refusalPage } from "./pages.ts";
import { oidcPaths } from "./paths.ts";
import type { Relay, World } from "./world.ts";

/** The path of the login page: `/if/flow/<slug>/`. */
const LOGIN_FLOW = "default-authentication-flow";

/** Configures the library like one provider of Authentik. Without a provider it behaves as for an unknown client. */
export function settings(world: World, relay: Relay | undefined): Configuration {
  const paths = oidcPaths(relay?.application.slug ?? "unknown");
  const signing = relay && signer(world.state, relay.provider);
  return {
    adapter: world.store.adapter,
    routes: {
      authorization: paths.authorize,
      token: paths.token,
      userinfo: paths.userinfo,
      jwks: paths.jwks,
      end_session: paths.endSession,
    },
    cookies: {
      keys: world.cookieKeys,
      names: {
        session: "authentik_session",
        interaction: "authentik_interaction",
        resume: "authentik_resume",
      },
    },
    jwks: { keys: signing ? [signing.jwk] : [] } as NonNullable<Configuration["jwks"]>,
    responseTypes: ["code"],
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "none"],
    pkce: { required: () => false },
    subjectTypes: ["pairwise"],
    pairwiseIdentifier: async (_, accountId) => subjectOf(world, relay, accountId),
    ...(relay && login(world, relay)),
    ...lifetimes(relay),
    enabledJWA: {
      idTokenSigningAlgValues: ["RS256", "ES256", "ES384", "ES512", "HS256"],
      idTokenEncryptionAlgValues: ["RSA-OAEP-256"],
      idTokenEncryptionEncValues: ["A256CBC-HS512"],
    },
    features: {
      devInteractions: { enabled: false },
      encryption: { enabled: true },
      pushedAuthorizationRequests: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => {
          ctx.body = logoutPage(form);
        },
        postLogoutSuccessSource: (ctx) => {
          ctx.body = loggedOutPage();
        },
      },
    },
    renderError: (ctx, out) => refuse(ctx, out.error),
  };
}

function login(world: World, relay: Relay): Configuration {
  const { state } = world;
  const { provider } = relay;
  return {
    scopes: ["openid", ...attached(state, provider).map(({ scope_name }) => scope_name)],
    // All claims under one scope: the mappings, not the library, decide which scope yields which claim.
    claims: { openid: ["sub", ...claimNames(state, provider)] },
    findAccount: (_, id) => account(world, relay, id),
    loadExistingGrant: (ctx) => grant(world, relay, ctx),
    extraParams: { authentik_grant_type: () => requireGrantType(relay) },
    interactions: {
      policy: policy(world, relay),
      url: (_, { prompt, params }) =>
        `/if/flow/${prompt.name === "login" ? LOGIN_FLOW : flowSlug(world, relay)}/?${query(params)}`,
    },
  };
}

function account({ state }: World, { provider }: Relay, id: string) {
  const user = userOf(state.users, id);
  if (!user) return undefined;
  return {
    accountId: id,
    claims: async (use: string, scope: string) => ({
      sub: id,
      ...((use !== "id_token" || provider.include_claims_in_id_token) &&
        claimsOf(state, provider, user, new Set(scope.split(" ")))),
    }),
  };
}

/** Consent outlives the session, so the library's grant is created from it each time. */
async function grant({ state }: World, { provider }: Relay, ctx: KoaContextWithOIDC) {
  const { accountId } = ctx.oidc.session ?? {};
  const user = userOf(state.users, accountId);
  const scopes = [...ctx.oidc.requestParamOIDCScopes].join(" ");
  if (!user || accountId === undefined || !consented(state, provider, user, scopes))
    return undefined;
  const given = new ctx.oidc.provider.Grant({ accountId, clientId: provider.client_id });
  given.addOIDCScope(scopes);
  await given.save();
  return given;
}

/** The browser is redirected with `error=invalid_request`, which names neither the grant type nor the provider. */
function requireGrantType({ provider }: Relay): void {
  if (!provider.grant_types.includes("authorization_code"))
    throw new errors.InvalidRequest("The request is otherwise malformed");
}

/** Login, then the bindings of the application, then consent. */
function policy({ state }: World, { application }: Relay): interactionPolicy.DefaultPolicy {
  const { Check, Prompt, base } = interactionPolicy;
  const prompts = base();
  const bound = new Check(
    "not_bound",
    "the bindings of the application let others in",
    ({ oidc }) => {
      const user = userOf(state.users, oidc.session?.accountId);
      if (user && mayOpen(state, application, user)) return Check.NO_NEED_TO_PROMPT;
      throw Object.assign(new errors.AccessDenied("Request has been denied."), {
        allow_redirect: false,
      });
    },
  );
  prompts.add(new Prompt({ name: "policies" }, bound), 1);
  return prompts;
}

function lifetimes(relay: Relay | undefined): Configuration {
  if (!relay) return {};
  const { access_code_validity, access_token_validity } = relay.provider;
  const token = seconds(access_token_validity);
  const day = 24 * 60 * 60;
  const ttl = {
    AuthorizationCode: seconds(access_code_validity),
    AccessToken: token,
    IdToken: token,
  };
  return { ttl: { ...ttl, Session: 14 * day, Grant: 28 * day, Interaction: 3600 } };
}

function refuse(ctx: KoaContextWithOIDC, error: string): void {
  ctx.type = "html";
  // The policy engine's denial is an ordinary page in Authentik.
  if (error === "access_denied") ctx.status = 200;
  ctx.body = refusalPage(error);
}

function subjectOf({ state }: World, relay: Relay | undefined, accountId: string): string {
  const user = userOf(state.users, accountId);
  if (!relay || !user) throw new Error(`nobody has the account ${accountId}`);
  return subject(relay.provider, user);
}

function flowSlug({ state }: World, { provider }: Relay): string {
  return state.flows.find(({ pk }) => pk === provider.authorization_flow)?.slug ?? "unknown";
}

function query(params: Readonly<Record<string, unknown>>): URLSearchParams {
  const texts = Object.entries(params).filter(
    (entry): entry is [string, string] => typeof entry[1] === "string",
  );
  return new URLSearchParams(texts);
}

/** Accounts are known to the library by the user's number. */
export function userOf(users: readonly User[], accountId: string | undefined): User | undefined {
  return users.find(({ pk, is_active }) => is_active && String(pk) === accountId);
}
