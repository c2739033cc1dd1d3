/** The differences between Authentik's versions (from their published schemas and release notes, 2026-11). */

const VERSIONS = {
  "2024.2": "2024.2.4",
  "2024.12": "2024.12.5",
  "2025.4": "2025.4.4",
  "2025.12": "2025.12.4",
  "2026.8": "2026.8.3",
  /** Unreleased when this was written: follows the main branch of August 2026. */
  "2026.11": "2026.11.0",
} as const;

export type VersionName = keyof typeof VERSIONS;

/** The oldest first. */
export const VERSION_NAMES = Object.keys(VERSIONS) as readonly VersionName[];

/** The first release with each feature. */
const SINCE = {
  /** Before, `redirect_uris` was text with one pattern per line (CVE-2024-52289; the list is also in 2024.8.5). */
  redirectUriList: "2024.10.3",
  invalidationFlow: "2024.10",
  /** Before, they were at `/propertymappings/scope/`. */
  scopesBelowProvider: "2024.8",
  /** Before: 100 per page and no cap. */
  smallPages: "2025.12",
  /** Before, `meta_icon` was read-only and set by `POST …/set_icon_url/`. */
  writableIcon: "2025.12",
  longSlugs: "2025.12",
  reservedSlugs: "2025.10",
  unverifiedEmail: "2025.10",
  /** Before, a binding contained the whole group and user. */
  partialBindings: "2025.10",
  entitlements: "2024.12",
  readyAnswers200: "2024.8",
  /** A provider without the grant type refuses logins. Before, every provider had all of them. */
  grantTypes: "2026.5",
  /** Before, a provider had its `client_secret` itself. */
  secretObjects: "2026.11",
} as const;

/** Fields added after 2024.2. An older version ignores them in requests and omits them in answers. */
const FIELD_SINCE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  application: {
    meta_hide: "2026.5",
    pbm_uuid: "2026.8",
    meta_icon_url: "2025.12",
    meta_icon_themed_urls: "2025.12",
  },
  provider: {
    grant_types: "2026.5",
    refresh_token_threshold: "2025.10",
    encryption_key: "2024.10",
    invalidation_flow: "2024.10",
    logout_uri: "2025.10",
    logout_method: "2025.10",
    jwt_federation_sources: "2024.12",
    jwt_federation_providers: "2024.12",
    secret: "2026.11",
  },
  setupUrls: { dcr_registration: "2026.8" },
  flow: { background_url: "2025.12", background_themed_urls: "2025.12" },
  certificate: { key_type: "2025.12" },
  group: {
    parents: "2025.12",
    parents_obj: "2025.12",
    inherited_roles_obj: "2025.12",
    children: "2025.12",
    children_obj: "2025.12",
  },
  binding: { expires: "2026.8", expiring: "2026.8" },
  me: { roles: "2025.12", is_current: "2026.8" },
  session: { users: "2026.8" },
  redirectUri: { redirect_uri_type: "2026.5" },
  list: { autocomplete: "2025.8" },
};

/** Removed fields, with the first release that lacks them. */
const FIELD_UNTIL: typeof FIELD_SINCE = {
  certificate: { private_key_type: "2025.12" },
  group: { parent: "2025.12", parent_name: "2025.12" },
  config: { cache_timeout_reputation: "2025.12" },
  provider: { jwks_sources: "2024.12", client_secret: "2026.11" },
};

export interface Version {
  readonly name: VersionName;
  /** With the patch level: `2026.8.3`. */
  readonly full: string;
  /** The file of the vendor's schema; undefined if unpublished. */
  readonly schema: string | undefined;
  has(trait: keyof typeof SINCE): boolean;
  /** Whether objects of this kind have the field. */
  knows(kind: string, field: string): boolean;
  /** The object without fields that this version does not know. */
  trimmed<T extends object>(kind: string, whole: T): Partial<T>;
}

export function version(name: VersionName): Version {
  const full = VERSIONS[name];
  const knows = (kind: string, field: string): boolean => {
    const until = FIELD_UNTIL[kind]?.[field];
    return reached(full, FIELD_SINCE[kind]?.[field] ?? "0") && !(until && reached(full, until));
  };
  return {
    name,
    full,
    schema: name === "2026.11" ? undefined : `authentik-${name}.json`,
    has: (trait) => reached(full, SINCE[trait]),
    knows,
    trimmed: (kind, whole) =>
      Object.fromEntries(Object.entries(whole).filter(([field]) => knows(kind, field))) as Partial<
        typeof whole
      >,
  };
}

function reached(version: string, milestone: string): boolean {
  const [have, need] = [version, milestone].map((text) => text.split(".").map(Number)) as [
    number[],
    number[],
  ];
  const differing = need.findIndex((part, index) => part !== (have[index] ?? 0));
  return differing < 0 || (have[differing] ?? 0) > (need[differing] ?? 0);
}
