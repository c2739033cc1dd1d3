/** What this Authentik knows. Plain data: tests read it and change it at will; the next request sees the change. */

export interface AuthentikState {
  /** Of the API; belongs to the user named. With `permissions` it may do what they say only, and is no superuser's. */
  readonly apiToken: {
    key: string;
    username: string;
    permissions: ReadonlySet<string> | undefined;
  };
  /** Those that Authentik lists; the API token's own is not among them unless a test puts it there. */
  readonly tokens: Token[];
  readonly users: User[];
  readonly groups: Group[];
  readonly flows: Flow[];
  readonly certificates: Certificate[];
  readonly scopeMappings: ScopeMapping[];
  readonly providers: Provider[];
  /** From 2026.11 on. */
  readonly secrets: Secret[];
  /** Whether a new provider gets a secret by itself (from 2026.11 on); nobody knows yet what the release will do. */
  secretMadeByItself: boolean;
  readonly applications: Application[];
  readonly bindings: Binding[];
  /** Who has said yes to what; asked again when the scopes change. */
  readonly consents: { user: number; provider: number; scopes: string }[];
  /** What `GET /core/applications/` remembers, by page; the next answer for that page is this, whatever the filters say. */
  readonly listedApplications: Map<number, readonly Application[]>;
}

export interface User {
  readonly pk: number;
  readonly uuid: string;
  /** What a token's `sub` is unless told otherwise. */
  readonly uid: string;
  username: string;
  name: string;
  email: string;
  password: string;
  is_active: boolean;
  is_superuser: boolean;
  /** Names of the groups that the user is directly in. */
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
  /** Names; a member of this group counts as a member of these. */
  parents: string[];
  attributes: Readonly<Record<string, unknown>>;
}

export interface Flow {
  readonly pk: string;
  name: string;
  slug: string;
  title: string;
  designation: "authentication" | "authorization" | "invalidation";
  /** Whether it shows the page with the Continue button. */
  asksConsent: boolean;
}

export interface Certificate {
  readonly pk: string;
  name: string;
  managed: string | null;
  /** PEM; absent where only the certificate is known. */
  privateKey?: string;
}

export interface ScopeMapping {
  readonly pk: string;
  managed: string | null;
  name: string;
  /** Python; claims.ts says how much of it is understood. */
  expression: string;
  scope_name: string;
  description: string;
}

export interface RedirectUri {
  matching_mode: "strict" | "regex";
  url: string;
  redirect_uri_type: "authorization" | "logout";
}

/** Fields are named as on the wire, those of younger versions included. */
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
  /** Until 2026.8; after that, nobody is ever told it. */
  client_secret: string;
  /** Key of a Secret, from 2026.11 on. */
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

/** The application that hands out this provider; none, and nobody can log in through it. */
export function applicationOf(state: AuthentikState, provider: Provider): Application | undefined {
  return state.applications.find((application) => application.provider === provider.pk);
}

/** What a client proves itself by. A provider of 2026.11 without a secret lets no client in. */
export function clientSecret(
  { secrets }: AuthentikState,
  { secret, client_secret }: Provider,
): string {
  return secrets.find(({ pk }) => pk === secret)?.value ?? client_secret;
}

/** @throws when a test has taken the owner of the token away */
export function tokenOwner({ users, apiToken }: AuthentikState): User {
  const owner = users.find(({ username }) => username === apiToken.username);
  if (!owner) throw new Error(`no user ${apiToken.username}`);
  return owner;
}

/** Whether the token is a superuser's, for whom there are no limits. */
export function ownedBySuperuser(state: AuthentikState): boolean {
  return state.apiToken.permissions === undefined && tokenOwner(state).is_superuser;
}
