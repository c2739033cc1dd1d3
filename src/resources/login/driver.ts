import { z } from "zod";
import type { Authentik } from "../../clients/authentik/authentik.ts";
import type { Cloudflare } from "../../clients/cloudflare/cloudflare.ts";
import type { Owner } from "../../core/domain/owner.ts";
import { inOrder } from "../contract/all-in-order.ts";
import { applyEach, ignoreNotFound, type StateUpdate } from "../contract/apply.ts";
import type { ResourceDriver } from "../contract/driver.ts";
import { applicationOf, createApplication, updateApplication } from "./application.ts";
import { claimName } from "./claim.ts";
import { dependentsOf } from "./dependents.ts";
import { mappingOf, writeMapping } from "./mapping.ts";
import { methodsOf, onlyMethod, writeMethod } from "./method.ts";
import { observePrerequisites } from "./prerequisites.ts";
import { createProvider, providerByName, providerByPk, updateProvider } from "./provider.ts";
import { removeLoginPart } from "./remove.ts";
import { afterRemoval } from "./simulate.ts";
import type {
  LoginAddressSettings,
  LoginApplication,
  LoginChange,
  ObservedGroups,
  ObservedLogin,
  Provider,
} from "./types.ts";

export interface LoginDriverOptions {
  readonly cloudflare: Cloudflare;
  readonly authentik: Authentik;
  readonly account: string;
  readonly owner: Owner;
  readonly settings: LoginAddressSettings;
  /** Slug of the authorization flow. */
  readonly flow: string;
  /** For `cfauth destroy`: also looks for foreign objects that need the login method. */
  readonly teardown?: boolean;
}

/**
 * Observes and writes both ends of the login: provider and application in Authentik, login method
 * in Cloudflare.
 */
export function createLoginDriver(
  options: LoginDriverOptions,
): ResourceDriver<ObservedLogin, LoginChange> {
  return {
    kind: "login",
    observe: async (scope, before) => {
      const known = scope === "routes" ? before : undefined;
      const [teamDomain, fresh, named, methods] = await inOrder([
        known?.teamDomain ?? teamDomainOf(options),
        known === undefined ? observePrerequisites(options.authentik, options.flow) : undefined,
        applicationOf(options.authentik, options.settings.slug),
        methodsOf(options, options.settings.slug),
      ]);
      const [method, ...duplicates] = methods.ours;
      const provider = await findProvider(options, named);
      const reusable =
        known !== undefined && areStillValid(known.prerequisites, provider)
          ? { prerequisites: known.prerequisites, mappingsPath: known.groups.path }
          : fresh;
      const { prerequisites, mappingsPath } =
        reusable ?? (await observePrerequisites(options.authentik, options.flow));
      const [application, groups] = await inOrder([
        findApplication(options, named, provider),
        observeGroups(options, mappingsPath, known),
      ]);
      const login = {
        teamDomain,
        prerequisites,
        provider,
        application,
        method,
        groups,
        settings: options.settings,
      };
      if (options.teardown !== true)
        return duplicates.length === 0 ? login : { ...login, duplicates };
      const dependents = method === undefined ? [] : await dependentsOf(options, methods.ours);
      const otherMethods = methods.others
        .filter(({ config }) => config.client_id === provider?.clientId)
        .map(({ name }) => name);
      return { ...login, duplicates, dependents, otherMethods };
    },
    apply: async (changes, observed) => {
      const applied = await applyEach(changes, observed, (change) => applyChange(options, change));
      // If the token may not write the mapping, the change counts neither as failed nor as applied.
      return applied.observed.groups.canWriteMapping
        ? applied
        : { ...applied, applied: applied.applied.filter(({ key }) => key !== "login-groups") };
    },
  };
}

/**
 * Whether prerequisites that were observed before can be reused. Not if the provider has a signing
 * key that is not among them: it may be new.
 */
const areStillValid = (
  prerequisites: ObservedLogin["prerequisites"],
  provider: Provider | undefined,
): boolean =>
  !("code" in prerequisites) &&
  provider?.signingKey !== undefined &&
  prerequisites.usableKeys.includes(provider.signingKey);

async function teamDomainOf({
  cloudflare,
  account: account_id,
}: LoginDriverOptions): Promise<string> {
  const answer = z.looseObject({ auth_domain: z.string() });
  const { auth_domain } = await cloudflare.request("organization.get", answer, (sdk) =>
    sdk.zeroTrust.organizations.list({ account_id }),
  );
  return auth_domain;
}

/** The provider named like the slug, else the application's: a user may have renamed it. */
async function findProvider(
  { authentik, settings }: LoginDriverOptions,
  application: LoginApplication | undefined,
): Promise<Provider | undefined> {
  const named = await providerByName(authentik, settings.slug);
  if (named !== undefined || application?.provider === undefined) return named;
  return await providerByPk(authentik, application.provider);
}

/**
 * The application with our slug, else the one that the provider belongs to: someone may have given
 * it another slug, which also changes the address of its keys.
 */
async function findApplication(
  { authentik }: LoginDriverOptions,
  named: LoginApplication | undefined,
  provider: Provider | undefined,
): Promise<LoginApplication | undefined> {
  const slug = provider?.assignedTo;
  if (provider === undefined || slug === undefined || named?.provider === provider.pk) return named;
  return (await applicationOf(authentik, slug)) ?? named;
}

async function observeGroups(
  { authentik, owner }: LoginDriverOptions,
  path: string,
  known: ObservedLogin | undefined,
): Promise<ObservedGroups> {
  const withoutMapping = {
    owner,
    claim: claimName(owner),
    path,
    mapping: undefined,
    canWriteMapping: known?.groups.canWriteMapping ?? true,
  };
  // If the mapping did not exist at the last full observation, only this daemon creates it.
  if (known !== undefined && known.groups.mapping === undefined) return withoutMapping;
  return { ...withoutMapping, mapping: await mappingOf(authentik, path, withoutMapping) };
}

async function applyChange(
  options: LoginDriverOptions,
  change: LoginChange,
): Promise<StateUpdate<ObservedLogin>> {
  const { authentik, settings } = options;
  switch (change.key) {
    case "login-provider": {
      const provider =
        change.action === "create"
          ? await createProvider(authentik, change.desired)
          : await updateProvider(authentik, change.existing, change.desired);
      return (observed) => ({ ...observed, provider });
    }
    case "login-application": {
      const application =
        change.action === "create"
          ? await createApplication(authentik, settings.slug, change.provider)
          : await updateApplication(authentik, change.existing, change.provider);
      return (observed) => ({
        ...observed,
        application,
        provider: observed.provider && { ...observed.provider, assignedTo: application.slug },
      });
    }
    case "login-groups": {
      const groups = await writeMapping(authentik, change, {
        owner: options.owner,
        claim: claimName(options.owner),
      });
      return (observed) => ({ ...observed, groups: { ...observed.groups, ...groups } });
    }
    case "login-method": {
      const written = await writeMethod(options, change);
      const method =
        change.action === "create" ? await onlyMethod(options, settings.slug, written) : written;
      return (observed) => ({ ...observed, method });
    }
    case "login-method-gone":
    case "login-application-gone":
    case "login-provider-gone":
    case "login-groups-gone":
      await ignoreNotFound(removeLoginPart(options, change));
      return (observed) => afterRemoval(observed, change);
  }
}
