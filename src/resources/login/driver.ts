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
import { withoutMethod } from "./simulate.ts";
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
  /** Whether everything is to go: then it is looked for who else needs the login method. */
  readonly teardown?: boolean;
}

/** Both ends of the login: provider and application in Authentik, login method in Cloudflare. */
export function createLoginDriver(
  options: LoginDriverOptions,
): ResourceDriver<ObservedLogin, LoginChange> {
  return {
    kind: "login",
    observe: async (depth, before) => {
      const known = depth === "routes" ? before : undefined;
      const [teamDomain, fresh, named, methods] = await inOrder([
        known?.teamDomain ?? teamDomainOf(options),
        known === undefined ? observePrerequisites(options.authentik, options.flow) : undefined,
        applicationOf(options.authentik, options.settings.slug),
        methodsOf(options, options.settings.slug),
      ]);
      const [method, ...doubles] = methods.ours;
      const provider = await providerOf(options, named);
      const kept =
        known !== undefined && current(known.prerequisites, provider)
          ? { prerequisites: known.prerequisites, mappingsPath: known.groups.path }
          : fresh;
      const { prerequisites, mappingsPath } =
        kept ?? (await observePrerequisites(options.authentik, options.flow));
      const [application, groups] = await inOrder([
        applicationFor(options, named, provider),
        groupsOf(options, mappingsPath, known),
      ]);
      const found = {
        teamDomain,
        prerequisites,
        provider,
        application,
        method,
        groups,
        settings: options.settings,
      };
      const seen = doubles.length === 0 ? found : { ...found, duplicates: doubles };
      if (options.teardown !== true) return seen;
      const users = method === undefined ? [] : await dependentsOf(options, methods.ours);
      const sharers = methods.others
        .filter(({ config }) => config.client_id === provider?.clientId)
        .map(({ name }) => name);
      return { ...seen, duplicates: doubles, dependents: users, otherMethods: sharers };
    },
    apply: async (changes, observed) => {
      const applied = await applyEach(changes, observed, (change) => carry(options, change));
      // Authentik did not let it be made, which is no failure and not done either.
      return applied.observed.groups.canWriteMapping
        ? applied
        : { ...applied, applied: applied.applied.filter(({ key }) => key !== "login-groups") };
    },
  };
}

/** Whether what was looked up before still tells what the provider is built of: a key that it does not know may be a new one. */
const current = (parts: ObservedLogin["prerequisites"], provider: Provider | undefined): boolean =>
  !("code" in parts) &&
  provider?.signingKey !== undefined &&
  parts.usableKeys.includes(provider.signingKey);

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

/** By the slug as its name, else the one that the application has: a user may have named it otherwise. */
async function providerOf(
  { authentik, settings }: LoginDriverOptions,
  application: LoginApplication | undefined,
): Promise<Provider | undefined> {
  const named = await providerByName(authentik, settings.slug);
  if (named !== undefined || application?.provider === undefined) return named;
  return await providerByPk(authentik, application.provider);
}

/** The one of our slug, else the one that the provider is for: somebody may have given it another slug, and its keys moved along. */
async function applicationFor(
  { authentik }: LoginDriverOptions,
  named: LoginApplication | undefined,
  provider: Provider | undefined,
): Promise<LoginApplication | undefined> {
  const slug = provider?.assignedTo;
  if (provider === undefined || slug === undefined || named?.provider === provider.pk) return named;
  return (await applicationOf(authentik, slug)) ?? named;
}

async function groupsOf(
  { authentik, owner }: LoginDriverOptions,
  path: string,
  known: ObservedLogin | undefined,
): Promise<ObservedGroups> {
  const none = {
    owner,
    claim: claimName(owner),
    path,
    mapping: undefined,
    canWriteMapping: known?.groups.canWriteMapping ?? true,
  };
  // What was not there at the last whole look is made by nobody but this daemon.
  if (known !== undefined && known.groups.mapping === undefined) return none;
  return { ...none, mapping: await mappingOf(authentik, path, none) };
}

async function carry(
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
      return (observed) => withoutMethod(observed, change);
  }
}
