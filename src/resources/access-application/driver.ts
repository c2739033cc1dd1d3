import type { ApplicationCreateParams } from "cloudflare/resources/zero-trust/access/applications/applications";
import { z } from "zod";
import type { Cloudflare } from "../../clients/cloudflare/cloudflare.ts";
import { accessTag, type Owner } from "../../core/domain/owner.ts";
import { ServiceError } from "../../core/errors.ts";
import { inOrder } from "../contract/all-in-order.ts";
import { applyEach, ignoreNotFound, type StateUpdate } from "../contract/apply.ts";
import type { ResourceDriver } from "../contract/driver.ts";
import { ApplicationResponse, canonicalApplication } from "./application.ts";
import { classifyApplications } from "./classify.ts";
import { type Inheritances, observedInheritances, rememberInheritance } from "./inheritance.ts";
import type {
  AccessApplicationChange,
  DesiredApplication,
  ForeignApplication,
  Inheritance,
  ObservedAccessApplications,
} from "./types.ts";

export interface AccessApplicationDriverOptions {
  readonly cloudflare: Cloudflare;
  readonly account: string;
  readonly owner: Owner;
}

interface DriverContext extends AccessApplicationDriverOptions {
  readonly inheritances: Inheritances;
}

/** Observes and writes Access applications and the tag that marks ours. */
export function createAccessApplicationDriver(
  options: AccessApplicationDriverOptions,
): ResourceDriver<ObservedAccessApplications, AccessApplicationChange> {
  const { cloudflare, account: account_id, owner } = options;
  const inheritances: Inheritances = new Map();
  return {
    kind: "access",
    observe: async (scope, before) => {
      const applications = cloudflare.list("applications.list", ApplicationResponse, (sdk, page) =>
        sdk.zeroTrust.access.applications.list({ account_id, ...page }),
      );
      const known = scope === "routes" && before?.tagged === true;
      const [all, tagged] = await inOrder([applications, known || tagExists(options)]);
      const observed = classifyApplications(all, owner, tagged);
      for (const route of observed.mine.keys()) inheritances.delete(route);
      return { ...observed, ...observedInheritances(inheritances) };
    },
    apply: (changes, observed) =>
      applyEach(changes, observed, (change) => applyChange({ ...options, inheritances }, change)),
  };
}

async function tagExists({
  cloudflare,
  account: account_id,
  owner,
}: AccessApplicationDriverOptions): Promise<boolean> {
  const tags = await cloudflare.list(
    "tags.list",
    z.looseObject({ name: z.string() }),
    (sdk, page) => sdk.zeroTrust.access.tags.list({ account_id, ...page }),
  );
  return tags.some(({ name }) => name === accessTag(owner));
}

function applyChange(
  options: DriverContext,
  change: AccessApplicationChange,
): Promise<StateUpdate<ObservedAccessApplications>> {
  if ("foreign" in change) return release(options, change);
  if ("desired" in change) return write(options, change);
  if ("existing" in change) return remove(options, change);
  return change.action === "create" ? createTag(options) : removeTag(options);
}

async function createTag(
  options: AccessApplicationDriverOptions,
): Promise<StateUpdate<ObservedAccessApplications>> {
  const { cloudflare, account: account_id, owner } = options;
  try {
    await cloudflare.request("tags.create", z.unknown(), (sdk) =>
      sdk.zeroTrust.access.tags.create({ account_id, name: accessTag(owner) }),
    );
  } catch (error) {
    // The error for "exists already" is not documented, so look whether the tag exists.
    if (
      !(error instanceof ServiceError) ||
      error.code !== "CFA-CF-REFUSED" ||
      !(await tagExists(options))
    )
      throw error;
  }
  return (observed) => ({ ...observed, tagged: true });
}

async function removeTag({
  cloudflare,
  account: account_id,
  owner,
}: AccessApplicationDriverOptions): Promise<StateUpdate<ObservedAccessApplications>> {
  await ignoreNotFound(
    cloudflare.request("tags.delete", z.unknown(), (sdk) =>
      sdk.zeroTrust.access.tags.delete(accessTag(owner), { account_id }),
    ),
  );
  return (observed) => ({ ...observed, tagged: false });
}

type Write = Extract<AccessApplicationChange, { readonly desired: DesiredApplication }>;

async function write(
  options: DriverContext,
  change: Write,
): Promise<StateUpdate<ObservedAccessApplications>> {
  const { cloudflare, account: account_id, owner, inheritances } = options;
  const answer =
    change.action === "create"
      ? await create(options, change.desired)
      : await cloudflare.request("applications.update", ApplicationResponse, (sdk) =>
          sdk.zeroTrust.access.applications.update(change.existing.id, {
            account_id,
            ...applicationBody(change.desired, change.existing),
          }),
        );
  const { mine, theirs } = classifyApplications([answer], owner, true);
  inheritances.delete(change.desired.route);
  return (observed) => ({
    ...observed,
    mine: new Map([...observed.mine, ...mine]),
    theirs: [...observed.theirs, ...theirs],
    ...observedInheritances(inheritances),
  });
}

/**
 * Settings inherited from the replaced application are best effort: if Access refuses them, the
 * application is created without them.
 */
async function create(
  { cloudflare, account: account_id }: AccessApplicationDriverOptions,
  desired: DesiredApplication,
): Promise<ApplicationResponse> {
  const createWith = (inherited: Inheritance | undefined) =>
    cloudflare.request("applications.create", ApplicationResponse, (sdk) =>
      sdk.zeroTrust.access.applications.create({
        account_id,
        ...applicationBody(desired, inherited),
      }),
    );
  try {
    return await createWith(desired.inherits);
  } catch (error) {
    if (
      desired.inherits === undefined ||
      !(error instanceof ServiceError) ||
      error.code !== "CFA-CF-REFUSED"
    )
      throw error;
    return await createWith(undefined);
  }
}

/**
 * The whole application, because a PUT replaces it. `policies` is always included: a PUT without it
 * would leave the old ones (SDK docs, checked 2026-11).
 */
function applicationBody(
  { route, name, idp, session, tag, policies, launcher }: DesiredApplication,
  before: Omit<Inheritance, "party"> | undefined,
): SelfHosted {
  return {
    ...before?.unmanagedFields,
    app_launcher_visible: launcher.visible,
    ...(launcher.logo !== undefined && { logo_url: launcher.logo }),
    type: "self_hosted",
    name,
    domain: route,
    destinations: [{ type: "public", uri: route }],
    allowed_idps: [idp],
    auto_redirect_to_identity: true,
    session_duration: session,
    tags: [...new Set([...(before?.tags ?? []), tag])],
    policies: policies.map((id, index) => ({ id, precedence: index + 1 })),
  };
}

type SelfHosted = Omit<ApplicationCreateParams.SelfHostedApplication, "account_id" | "zone_id">;

async function remove(
  { cloudflare, account: account_id, inheritances }: DriverContext,
  change: Extract<
    AccessApplicationChange,
    { readonly action: "delete"; readonly existing: unknown }
  >,
): Promise<StateUpdate<ObservedAccessApplications>> {
  const { existing } = change;
  rememberInheritance(inheritances, change);
  await ignoreNotFound(
    cloudflare.request("applications.delete", z.unknown(), (sdk) =>
      sdk.zeroTrust.access.applications.delete(existing.id, { account_id }),
    ),
  );
  return (observed) => ({
    ...observed,
    mine: new Map([...observed.mine].filter(([, { id }]) => id !== existing.id)),
    duplicates: observed.duplicates.filter(({ id }) => id !== existing.id),
    ...observedInheritances(inheritances),
  });
}

/**
 * Removes the destination from it, or deletes it if it protects no other. Its policies are never
 * changed.
 */
async function release(
  { cloudflare, account: account_id, owner }: AccessApplicationDriverOptions,
  { foreign, place }: Extract<AccessApplicationChange, { readonly foreign: unknown }>,
): Promise<StateUpdate<ObservedAccessApplications>> {
  const remaining = foreign.destinations.filter((it) => it !== place);
  if (remaining.length === 0) {
    await ignoreNotFound(
      cloudflare.request("applications.delete", z.unknown(), (sdk) =>
        sdk.zeroTrust.access.applications.delete(foreign.id, { account_id }),
      ),
    );
    return (observed) => ({
      ...observed,
      theirs: observed.theirs.filter(({ id }) => id !== foreign.id),
    });
  }
  const answer = await cloudflare.request("applications.update", ApplicationResponse, (sdk) =>
    sdk.zeroTrust.access.applications.update(foreign.id, {
      account_id,
      ...bodyWithout(foreign, place, remaining),
    }),
  );
  const { theirs } = classifyApplications([answer], owner, true);
  return (observed) => ({
    ...observed,
    theirs: [...observed.theirs.filter(({ id }) => id !== foreign.id), ...theirs],
  });
}

/**
 * Its other destinations, spelled and ordered as they are. If the removed one was the domain, the
 * first remaining destination becomes the domain.
 */
function bodyWithout(
  { unmanagedFields, destinations: all }: ForeignApplication,
  place: string,
  remaining: readonly string[],
): SelfHosted {
  const before = (unmanagedFields["destinations"] ??
    all.map((uri) => ({ type: "public", uri }))) as readonly { readonly uri?: string }[];
  const destinations = before.filter(({ uri }) => canonicalApplication(uri ?? "") !== place);
  const keepsDomain =
    typeof unmanagedFields["domain"] === "string" &&
    canonicalApplication(unmanagedFields["domain"]) !== place;
  const [first = remaining[0]] = destinations.flatMap(({ uri }) => uri ?? []);
  return {
    ...unmanagedFields,
    domain: keepsDomain ? unmanagedFields["domain"] : first,
    destinations,
  } as SelfHosted;
}
