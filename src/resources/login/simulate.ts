import { markOwned } from "../contract/owned.ts";
import type { DesiredProvider, LoginChange, ObservedLogin, Provider, Removal } from "./types.ts";

/** As it will be seen, where Authentik lets all of it be done. @param known - in place of ids and secrets that nobody knows yet */
export function simulateLogin(seen: ObservedLogin, change: LoginChange, known: string): ObservedLogin {
  switch (change.key) {
    case "login-provider":
      return { ...seen, provider: provider(change.action === "update" ? change.at : undefined, change.wish, known) };
    case "login-application": {
      const slug = change.action === "update" ? change.at.slug : change.subject;
      const application = { slug, name: slug, ...(change.action === "update" && change.at), provider: change.provider, inLibrary: false };
      return { ...seen, application, provider: seen.provider && { ...seen.provider, assignedTo: slug } };
    }
    case "login-groups":
      return { ...seen, groups: { ...seen.groups, mapping: { pk: change.at?.pk ?? known, expression: change.expression } } };
    case "login-method": {
      const { id, kept } = change.action === "update" ? change.at : { id: known, kept: {} };
      return { ...seen, method: markOwned({ id, kept, name: change.name, config: change.config, claims: change.claims }) };
    }
    case "login-method-gone":
    case "login-application-gone":
    case "login-provider-gone":
    case "login-groups-gone":
      return withoutMethod(seen, change);
  }
}

/** What is left after it went. */
export function withoutMethod(seen: ObservedLogin, gone: Removal): ObservedLogin {
  switch (gone.key) {
    case "login-method-gone": {
      const { method, doubles = [] } = seen;
      const { id } = gone.at;
      return { ...seen, method: method?.id === id ? undefined : method, doubles: doubles.filter((it) => it.id !== id) };
    }
    case "login-application-gone":
      return { ...seen, application: undefined };
    case "login-provider-gone":
      return { ...seen, provider: undefined };
    case "login-groups-gone":
      return { ...seen, groups: { ...seen.groups, mapping: undefined } };
  }
}

/** Primary keys count up from 1, so that no other provider has this one. */
const NEW_PK = 0;

const provider = (at: Provider | undefined, wish: DesiredProvider, known: string): Provider => ({
  pk: at?.pk ?? NEW_PK,
  clientId: at?.clientId ?? known,
  assignedTo: at?.assignedTo,
  ...wish,
  clientSecret: at?.clientSecret || known,
  encryptionKey: undefined,
  claimsInIdToken: true,
});
