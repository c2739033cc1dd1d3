import type { Owner } from "../../core/domain/owner.ts";
import type { Problem } from "../../core/domain/problem.ts";
import type { Mine } from "../contract/owned.ts";

/**
 * Both ends of the login: the OAuth2 provider and application in Authentik, the login method in
 * Cloudflare.
 */
export interface ObservedLogin {
  /** `<team>.cloudflareaccess.com`, from the Access organisation. */
  readonly teamDomain: string;
  /**
   * What the provider is built of; a problem while Authentik starts for the first time or if
   * something was deleted.
   */
  readonly prerequisites: LoginPrerequisites | Problem;
  readonly provider: Provider | undefined;
  readonly application: LoginApplication | undefined;
  readonly method: Mine<LoginMethod> | undefined;
  readonly groups: ObservedGroups;
  readonly settings: LoginAddressSettings;
  /**
   * Other login methods of the same slug, which two first starts at once may create; absent if
   * there are none.
   */
  readonly duplicates?: readonly Mine<LoginMethod>[];
  /** Foreign objects that need one of the login methods, in words. Only for `cfauth destroy`. */
  readonly dependents?: readonly string[];
  /** Names of foreign login methods that use the same provider. Only for `cfauth destroy`. */
  readonly otherMethods?: readonly string[];
}

/** How the login carries groups: this owner's scope mapping, and its claim. */
export interface ObservedGroups {
  readonly owner: Owner;
  readonly claim: string;
  /** The API path of scope mappings, which changed in 2024.8. */
  readonly path: string;
  readonly mapping: Mapping | undefined;
  /**
   * False after Authentik did not let this token create or change the mapping; direct groups are
   * used instead. Reset by each full observation.
   */
  readonly canWriteMapping: boolean;
}

export interface Mapping {
  readonly pk: string;
  /** Empty if the mapping has another scope, because no login requests that scope. */
  readonly expression: string;
}

/** The login's address, from the settings. */
export interface LoginAddressSettings {
  /** The slug of the application and the provider in Authentik: `cf-tunnel-access`. */
  readonly slug: string;
  /** Authentik's public URL without a trailing slash, as browsers and Cloudflare reach it. */
  readonly publicUrl: string;
}

/** Primary keys of Authentik's built-in objects. */
export interface LoginPrerequisites {
  readonly authorizationFlow: string;
  /** Undefined before 2024.10, where it does not exist. */
  readonly invalidationFlow: string | undefined;
  readonly signingKey: string;
  /** Every key whose signatures Cloudflare can check. */
  readonly usableKeys: readonly string[];
  /** The managed scopes openid, email and profile. */
  readonly scopes: readonly string[];
}

/** The OAuth2 provider. A field that this version of Authentik lacks is undefined. */
export interface Provider {
  readonly pk: number;
  readonly name: string;
  readonly clientId: string;
  /** Empty if it has none, which is possible from 2026.11 on; cfauth then creates one. */
  readonly clientSecret: string;
  readonly clientType: string;
  readonly redirectUris: readonly {
    readonly mode: string;
    readonly url: string;
    readonly type: string | undefined;
  }[];
  readonly authorizationFlow: string;
  readonly invalidationFlow: string | undefined;
  readonly signingKey: string | undefined;
  readonly encryptionKey: string | undefined;
  readonly scopes: readonly string[];
  readonly grantTypes: readonly string[] | undefined;
  readonly claimsInIdToken: boolean;
  /** Slug of the application that it belongs to. */
  readonly assignedTo: string | undefined;
}

/** The managed fields of the provider. The others belong to the user. */
export interface DesiredProvider {
  readonly name: string;
  readonly clientType: "confidential";
  readonly redirectUris: Provider["redirectUris"];
  readonly authorizationFlow: string;
  readonly invalidationFlow: string | undefined;
  readonly signingKey: string;
  readonly scopes: readonly string[];
  readonly grantTypes: readonly string[];
}

export interface LoginApplication {
  readonly slug: string;
  readonly name: string;
  /** The provider's pk. */
  readonly provider: number | undefined;
  /**
   * Whether the library shows it as a tile, which would lead to a page of Cloudflare. False if
   * someone chose a launch URL.
   */
  readonly inLibrary: boolean;
}

export interface LoginMethod {
  readonly id: string;
  readonly name: string;
  readonly config: LoginMethodConfig;
  /**
   * Names of the claims that Access keeps, including those of other owners and the user. Sorted.
   */
  readonly claims: readonly string[];
  /** Writable fields that cfauth does not manage. */
  readonly unmanagedFields: Readonly<Record<string, unknown>>;
}

/** In Access's own field names. The client secret can be written but not read. */
export interface LoginMethodConfig {
  readonly client_id: string;
  readonly auth_url: string;
  readonly token_url: string;
  readonly certs_url: string;
  readonly scopes: readonly string[];
  readonly email_claim_name: string;
  readonly pkce_enabled: boolean;
}

export type LoginChange =
  | {
      readonly kind: "login";
      readonly action: "create";
      readonly key: "login-provider";
      readonly subject: string;
      readonly desired: DesiredProvider;
    }
  | {
      readonly kind: "login";
      readonly action: "update";
      readonly key: "login-provider";
      readonly subject: string;
      readonly existing: Provider;
      readonly desired: DesiredProvider;
    }
  | {
      readonly kind: "login";
      readonly action: "create";
      readonly key: "login-application";
      readonly subject: string;
      readonly provider: number;
    }
  | {
      readonly kind: "login";
      readonly action: "update";
      readonly key: "login-application";
      readonly subject: string;
      readonly existing: LoginApplication;
      readonly provider: number;
    }
  | {
      readonly kind: "login";
      readonly action: "create";
      readonly key: "login-method";
      readonly subject: string;
      readonly name: string;
      readonly config: LoginMethodConfig;
      readonly claims: readonly string[];
      readonly secret: string;
    }
  | {
      readonly kind: "login";
      readonly action: "update";
      readonly key: "login-method";
      readonly subject: string;
      readonly existing: Mine<LoginMethod>;
      readonly name: string;
      readonly config: LoginMethodConfig;
      readonly claims: readonly string[];
      readonly secret: string;
    }
  | {
      readonly kind: "login";
      readonly action: "create" | "update";
      readonly key: "login-groups";
      readonly subject: string;
      /** The scope mapping; undefined if it is to be created. */
      readonly existing: Mapping | undefined;
      readonly path: string;
      readonly expression: string;
    }
  | Removal;

/** Only for objects that nothing needs: by `cfauth destroy`, or of a second login method. */
export type Removal =
  | {
      readonly kind: "login";
      readonly action: "delete";
      readonly key: "login-method-gone";
      readonly subject: string;
      readonly existing: Mine<LoginMethod>;
    }
  | {
      readonly kind: "login";
      readonly action: "delete";
      readonly key: "login-application-gone";
      readonly subject: string;
      readonly existing: LoginApplication;
    }
  | {
      readonly kind: "login";
      readonly action: "delete";
      readonly key: "login-provider-gone";
      readonly subject: string;
      readonly existing: Provider;
    }
  | {
      readonly kind: "login";
      readonly action: "delete";
      readonly key: "login-groups-gone";
      readonly subject: string;
      readonly existing: Mapping;
      readonly path: string;
    };
