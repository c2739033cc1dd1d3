import type { Owner } from "../../core/domain/owner.ts";
import type { Problem } from "../../core/domain/problem.ts";
import type { Mine } from "../contract/owned.ts";

/** Both ends of the login: the OAuth2 provider and application in Authentik, the login method in Cloudflare. */
export interface ObservedLogin {
  /** `<team>.cloudflareaccess.com`, from the Access organisation. */
  readonly teamDomain: string;
  /** What Authentik has to build with; a problem while its first boot is under way or something was deleted. */
  readonly prerequisites: LoginPrerequisites | Problem;
  readonly provider: Provider | undefined;
  readonly application: LoginApplication | undefined;
  readonly method: Mine<LoginMethod> | undefined;
  readonly groups: ObservedGroups;
  readonly settings: LoginAddressSettings;
  /** Other login methods of the same slug, which two first starts at once may make; absent where there is none. */
  readonly duplicates?: readonly Mine<LoginMethod>[];
  /** What of others needs one of the login methods, in words. Only for one who leaves for good, as what follows. */
  readonly dependents?: readonly string[];
  /** Names of login methods that somebody else made and that log in by the same provider. */
  readonly otherMethods?: readonly string[];
}

/** How membership in groups travels with the login: a scope mapping of this owner's, and the claim of its name. */
export interface ObservedGroups {
  readonly owner: Owner;
  readonly claim: string;
  /** Where scope mappings are: elsewhere before 2024.8. */
  readonly path: string;
  readonly mapping: Mapping | undefined;
  /** False since Authentik did not let this token make or change the mapping: direct groups must do. Set anew by each whole look. */
  readonly canWriteMapping: boolean;
}

export interface Mapping {
  readonly pk: string;
  /** Empty where it was given another scope, which nobody asks for. */
  readonly expression: string;
}

/** From the settings: what the login is to be. */
export interface LoginAddressSettings {
  /** Of the application and the provider in Authentik: `cf-tunnel-access`. */
  readonly slug: string;
  /** Authentik's public origin without a closing slash, as browsers and Cloudflare reach it. */
  readonly publicUrl: string;
}

/** Primary keys of objects that Authentik brings along. */
export interface LoginPrerequisites {
  readonly authorizationFlow: string;
  /** Undefined before 2024.10, which has none. */
  readonly invalidationFlow: string | undefined;
  readonly signingKey: string;
  /** Every key that Cloudflare can check signatures of. */
  readonly usableKeys: readonly string[];
  /** Of the managed scopes openid, email and profile. */
  readonly scopes: readonly string[];
}

/** The OAuth2 provider; a field that this version of Authentik does not have is undefined. */
export interface Provider {
  readonly pk: number;
  readonly name: string;
  readonly clientId: string;
  /** Empty where it has none, which from 2026.11 on can be: then it is given one. */
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
  /** Slug of the application that it is for. */
  readonly assignedTo: string | undefined;
}

/** What of the provider must be so; the rest is the user's. */
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
  /** Whether a tile of it would lead people to a page of Cloudflare's; one whose address somebody chose is theirs. */
  readonly inLibrary: boolean;
}

export interface LoginMethod {
  readonly id: string;
  readonly name: string;
  readonly config: LoginMethodConfig;
  /** Names of the claims that Access keeps of a login: those of other owners and of the user among them. Sorted. */
  readonly claims: readonly string[];
  /** Writable fields that cfauth does not manage. */
  readonly unmanagedFields: Readonly<Record<string, unknown>>;
}

/** As Access names them; the client secret can be written but not read. */
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
      /** The scope mapping; undefined where it is to be made. */
      readonly existing: Mapping | undefined;
      readonly path: string;
      readonly expression: string;
    }
  | Removal;

/** Only where nothing needs it: by one who leaves for good, or of a second login method. */
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
