/** The state of this Authentik as plain data. Tests may read and change it; the next request sees the change. */

export interface AuthentikState {
  /** The API token and its user. With `permissions` it may do only that, and its user is not a superuser. */
  readonly apiToken: {
    key: string;
    username: string;
    permissions: ReadonlySet<string> | undefined;
  };
  /** The tokens that Authentik lists, without the API token unless a test adds it. */
  readonly tokens: Token[];
  readonly users: User[];
  readonly groups: Group[];
  readonly flows: Flow[];
  readonly certificates: Certificate[];
  readonly scopeMappings: ScopeMapping[];
  readonly providers: Provider[];
  /** From 2026.11 on. */
  readonly secrets: Secret[];
  /** Whether a new provider gets a secret automatically (from 2026.11 on). The behavior of the release is not known yet. */
  secretMadeByItself: boolean;
  readonly applications: Application[];
  readonly bindings: Binding[];
  /** Given consents; Authentik asks again if the scopes change. */
  readonly consents: { user: number; provider: number; scopes: string }[];
  /** The cache of `GET /core/applications/`, by page. The next answer for the page comes from it, whatever the filters are. */
  readonly listedApplications: Map<number, readonly Application[]>;
}

export interface User {
  readonly pk: number;
  readonly uuid: string;
  /** The default `sub` of a token. */
  readonly uid: string;
  username: string;
  name: string;
  email: string;
  password: string;
  is_active: boolean;
  is_superuser: boolean;
  /** The names of the groups of which the user is a direct member. */
  groups: string[];
}

export interface Token {
  readonly pk: string;
  readonly identifier: string;
  readonly intent: "api" | "app_password";
  readonly username: string;
  expiring: boolean;
  expires: string | null;
}

export interface Group {
  readonly pk: string;
  readonly num_pk: number;
  name: string;
  is_superuser: boolean;
  /** Names. A member of this group also counts as a member of its parents. */
  parents: string[];
  attributes: Readonly<Record<string, unknown>>;
}

export interface Flow {
  readonly pk: string;
  name: string;
  slug: string;
  title: string;
  designation: "authentication" | "authorization" | "invalidation";
  /** Whether the flow shows the consent page with the Continue button. */
  asksConsent: boolean;
}

export interface Certificate {
  readonly pk: string;
  name: string;
  managed: string | null;
  /** PEM; absent if only the certificate is known. */
  privateKey?: string;
}

export interface ScopeMapping {
  readonly pk: string;
  managed: string | null;
  name: string;
  /** Python; claims.ts lists the supported expressions. */
  expression: string;
  scope_name: string;
  description: string;
}

export interface RedirectUri {
  matching_mode: "strict" | "regex";
  url: string;
  redirect_uri_type: "authorization" | "logout";
}

/** Field names as in the API, including those of later versions. */
export interface Provider {
  readonly pk: number;
  name: string;
  authentication_flow: string | null;
  authorization_flow: string;
  invalidation_flow: string | null;
  property_mappings: string[];
  client_type: "confidential" | "public";
  grant_types: string[];
  client_id: string;
  /** In answers until 2026.8; later versions never return it. */
  client_secret: string;
  /** The key of a Secret object, from 2026.11 on. */
  secret: string | null;
  access_code_validity: string;
  access_token_validity: string;
  refresh_token_validity: string;
  refresh_token_threshold: string;
  include_claims_in_id_token: boolean;
  signing_key: string | null;
  encryption_key: string | null;
  redirect_uris: RedirectUri[];
  logout_uri: string;
  logout_method: "backchannel" | "frontchannel";
  sub_mode:
    | "hashed_user_id"
    | "user_id"
    | "user_uuid"
    | "user_username"
    | "user_email"
    | "user_upn";
  issuer_mode: "per_provider" | "global";
  jwt_federation_sources: string[];
  jwt_federation_providers: number[];
}

export interface Secret {
  readonly pk: string;
  name: string;
  type: "text" | "multiline" | "file";
  value: string;
}

export interface Application {
  readonly pk: string;
  name: string;
  slug: string;
  provider: number | null;
  backchannel_providers: number[];
  open_in_new_tab: boolean;
  meta_launch_url: string;
  meta_icon: string;
  meta_description: string;
  meta_publisher: string;
  policy_engine_mode: "any" | "all";
  group: string;
  meta_hide: boolean;
}

export interface Binding {
  readonly pk: string;
  /** Of the application. */
  target: string;
  policy: string | null;
  group: string | null;
  user: number | null;
  negate: boolean;
  enabled: boolean;
  order: number;
  timeout: number;
  failure_result: boolean;
}

export function emptyState(apiToken: string): AuthentikState {
  return {
    apiToken: { key: apiToken, username: "akadmin", permissions: undefined },
    tokens: [],
    users: [],
    groups: [],
    flows: [],
    certificates: [],
    scopeMappings: [],
    providers: [],
    secrets: [],
    secretMadeByItself: true,
    applications: [],
    bindings: [],
    consents: [],
    listedApplications: new Map(),
  };
}

/** The application of this provider. Without one, nobody can log in through the provider. */
export function applicationOf(state: AuthentikState, provider: Provider): Application | undefined {
  return state.applications.find((application) => application.provider === provider.pk);
}

/** The client secret. A provider of 2026.11 without a secret admits no client. */
export function clientSecret(
  { secrets }: AuthentikState,
  { secret, client_secret }: Provider,
): string {
  return secrets.find(({ pk }) => pk === secret)?.value ?? client_secret;
}

/** @throws if a test has removed the token's owner */
export function tokenOwner({ users, apiToken }: AuthentikState): User {
  const owner = users.find(({ username }) => username === apiToken.username);
  if (!owner) throw new Error(`no user ${apiToken.username}`);
  return owner;
}

/** Whether the token's user is a superuser, who has every permission. */
export function ownedBySuperuser(state: AuthentikState): boolean {
  return state.apiToken.permissions === undefined && tokenOwner(state).is_superuser;
}
