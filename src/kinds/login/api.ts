import { z } from "zod";
import type { Authentik } from "../../clients/authentik.ts";
import type { Cloudflare } from "../../clients/cloudflare.ts";
import { carriedOut, type Fold } from "../carried.ts";
import type { Kind } from "../kind.ts";
import { applicationOf, createApplication, updateApplication } from "./application.ts";
import { methodOf, writeMethod } from "./method.ts";
import { partsOf } from "./parts.ts";
import { createProvider, providerByName, providerByPk, updateProvider } from "./provider.ts";
import type { LoginApplication, LoginChange, LoginSeen, LoginWish, Provider } from "./seen.ts";

export interface LoginApiOptions {
  readonly cloudflare: Cloudflare;
  readonly authentik: Authentik;
  readonly account: string;
  readonly wish: LoginWish;
  /** Slug of the authorization flow. */
  readonly flow: string;
}

/** Both ends of the login: provider and application in Authentik, login method in Cloudflare. */
export function loginApi(options: LoginApiOptions): Kind<LoginSeen, LoginChange> {
  return {
    kind: "login",
    observe: async (depth, before) => {
      const known = depth === "routes" ? before : undefined;
      const [teamDomain, parts, application, method] = await Promise.all([
        known?.teamDomain ?? teamDomainOf(options),
        known !== undefined && !("code" in known.parts) ? known.parts : partsOf(options.authentik, options.flow),
        applicationOf(options.authentik, options.wish.slug),
        methodOf(options, options.wish.slug),
      ]);
      const provider = await providerOf(options, application);
      return { teamDomain, parts, provider, application, method, wish: options.wish };
    },
    apply: (changes, seen) => carriedOut(changes, seen, (change) => carry(options, change)),
  };
}

async function teamDomainOf({ cloudflare, account: account_id }: LoginApiOptions): Promise<string> {
  const answer = z.looseObject({ auth_domain: z.string() });
  const { auth_domain } = await cloudflare.ask("organization.get", answer, (sdk) => sdk.zeroTrust.organizations.list({ account_id }));
  return auth_domain;
}

/** By the slug as its name, else the one that the application has: a user may have named it otherwise. */
async function providerOf({ authentik, wish }: LoginApiOptions, application: LoginApplication | undefined): Promise<Provider | undefined> {
  const named = await providerByName(authentik, wish.slug);
  if (named !== undefined || application?.provider === undefined) return named;
  return await providerByPk(authentik, application.provider);
}

async function carry(options: LoginApiOptions, change: LoginChange): Promise<Fold<LoginSeen>> {
  const { authentik, wish } = options;
  switch (change.key) {
    case "login-provider": {
      const provider =
        change.action === "create" ? await createProvider(authentik, change.wish) : await updateProvider(authentik, change.at, change.wish);
      return (seen) => ({ ...seen, provider });
    }
    case "login-application": {
      const write = change.action === "create" ? createApplication : updateApplication;
      const application = await write(authentik, wish.slug, change.provider);
      return (seen) => ({ ...seen, application });
    }
    case "login-method": {
      const method = await writeMethod(options, change);
      return (seen) => ({ ...seen, method });
    }
  }
}
