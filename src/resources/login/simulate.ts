import { markOwned } from "../contract/owned.ts";
import type { DesiredProvider, LoginChange, ObservedLogin, Provider, Removal } from "./types.ts";

/**
 * What will be observed after the change, if Authentik permits it.
 *
 * @param known - stands in for ids and secrets that are not known yet
 */
export function simulateLogin(
  observed: ObservedLogin,
  change: LoginChange,
  known: string,
): ObservedLogin {
  switch (change.key) {
    case "login-provider":
      return {
        ...observed,
        provider: simulateProvider(
          change.action === "update" ? change.existing : undefined,
          change.desired,
          known,
        ),
      };
    case "login-application": {
      const slug = change.action === "update" ? change.existing.slug : change.subject;
      const application = {
        slug,
        name: slug,
        ...(change.action === "update" && change.existing),
        provider: change.provider,
        inLibrary: false,
      };
      return {
        ...observed,
        application,
        provider: observed.provider && { ...observed.provider, assignedTo: slug },
      };
    }
    case "login-groups":
      return {
        ...observed,
        groups: {
          ...observed.groups,
          mapping: { pk: change.existing?.pk ?? known, expression: change.expression },
        },
      };
    case "login-method": {
      const { id, unmanagedFields } =
        change.action === "update" ? change.existing : { id: known, unmanagedFields: {} };
      return {
        ...observed,
        method: markOwned({
          id,
          unmanagedFields,
          name: change.name,
          config: change.config,
          claims: change.claims,
        }),
      };
    }
    case "login-method-gone":
    case "login-application-gone":
    case "login-provider-gone":
    case "login-groups-gone":
      return afterRemoval(observed, change);
  }
}

/** The observed login after the removal. */
export function afterRemoval(observed: ObservedLogin, removal: Removal): ObservedLogin {
  switch (removal.key) {
    case "login-method-gone": {
      const { method, duplicates = [] } = observed;
      const { id } = removal.existing;
      return {
        ...observed,
        method: method?.id === id ? undefined : method,
        duplicates: duplicates.filter((it) => it.id !== id),
      };
    }
    case "login-application-gone":
      return { ...observed, application: undefined };
    case "login-provider-gone":
      return { ...observed, provider: undefined };
    case "login-groups-gone":
      return { ...observed, groups: { ...observed.groups, mapping: undefined } };
  }
}

/** Primary keys start at 1, so no other provider has this one. */
const NEW_PK = 0;

const simulateProvider = (
  existing: Provider | undefined,
  desired: DesiredProvider,
  known: string,
): Provider => ({
  pk: existing?.pk ?? NEW_PK,
  clientId: existing?.clientId ?? known,
  assignedTo: existing?.assignedTo,
  ...desired,
  clientSecret: existing?.clientSecret || known,
  encryptionKey: undefined,
  claimsInIdToken: true,
});
