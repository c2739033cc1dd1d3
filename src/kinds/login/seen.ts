import type { Problem } from "../../domain/problem.ts";
import type { Mine } from "../mine.ts";

/** Both ends of the login: the OAuth2 provider and application in Authentik, the login method in Cloudflare. */
export interface LoginSeen {
  /** `<team>.cloudflareaccess.com`, from the Access organisation. */
  readonly teamDomain: string;
  /** What Authentik has to build with; a problem while its first boot is under way or something was deleted. */
  readonly parts: Parts | Problem;
  readonly provider: Provider | undefined;
  readonly application: LoginApplication | undefined;
  readonly method: Mine<LoginMethod> | undefined;
  readonly wish: LoginWish;
}

/** From the settings: what the login is to be. */
export interface LoginWish {
  /** Of the application and the provider in Authentik: `cf-tunnel-access`. */
  readonly slug: string;
  /** Authentik's public origin without a closing slash, as browsers and Cloudflare reach it. */
  readonly publicUrl: string;
}

/** Primary keys of objects that Authentik brings along. */
export interface Parts {
  readonly authorizationFlow: string;
  /** Undefined before 2024.10, which has none. */
  readonly invalidationFlow: string | undefined;
  readonly signingKey: string;
  /** Of the managed scopes openid, email and profile. */
  readonly scopes: readonly string[];
}

/** The OAuth2 provider; a field that this version of Authentik does not have is undefined. */
export interface Provider {
  readonly pk: number;
  readonly name: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly clientType: string;
  readonly redirectUris: readonly { readonly mode: string; readonly url: string; readonly type: string | undefined }[];
  readonly authorizationFlow: string;
  readonly invalidationFlow: string | undefined;
  readonly signingKey: string | undefined;
  readonly encryptionKey: string | undefined;
  readonly scopes: readonly string[];
  readonly grantTypes: readonly string[] | undefined;
  readonly claimsInIdToken: boolean;
}

/** What of the provider must be so; the rest is the user's. */
export interface ProviderWish {
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
}

export interface LoginMethod {
  readonly id: string;
  readonly name: string;
  readonly config: LoginMethodConfig;
  /** Writable fields that cfauth does not manage. */
  readonly kept: Readonly<Record<string, unknown>>;
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
      readonly wish: ProviderWish;
    }
  | {
      readonly kind: "login";
      readonly action: "update";
      readonly key: "login-provider";
      readonly subject: string;
      readonly at: Provider;
      readonly wish: ProviderWish;
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
      readonly at: LoginApplication;
      readonly provider: number;
    }
  | {
      readonly kind: "login";
      readonly action: "create";
      readonly key: "login-method";
      readonly subject: string;
      readonly name: string;
      readonly config: LoginMethodConfig;
      readonly secret: string;
    }
  | {
      readonly kind: "login";
      readonly action: "update";
      readonly key: "login-method";
      readonly subject: string;
      readonly at: Mine<LoginMethod>;
      readonly name: string;
      readonly config: LoginMethodConfig;
      readonly secret: string;
    };
