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
import { bequeath, bequeathed, type Inheritances } from "./inheritance.ts";
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

interface Parts extends AccessApplicationDriverOptions {
  readonly left: Inheritances;
}

/** Access applications, and the tag that marks ours. */
export function createAccessApplicationDriver(
  options: AccessApplicationDriverOptions,
): ResourceDriver<ObservedAccessApplications, AccessApplicationChange> {
  const { cloudflare, account: account_id, owner } = options;
  const left: Inheritances = new Map();
  return {
    kind: "access",
    observe: async (depth, before) => {
      const applications = cloudflare.list("applications.list", ApplicationResponse, (sdk, page) =>
        sdk.zeroTrust.access.applications.list({ account_id, ...page }),
      );
      const known = depth === "routes" && before?.tagged === true;
      const [all, tagged] = await inOrder([applications, known || tagIsThere(options)]);
      const observed = classifyApplications(all, owner, tagged);
      for (const route of observed.mine.keys()) left.delete(route);
      return { ...observed, ...bequeathed(left) };
    },
    apply: (changes, observed) =>
      applyEach(changes, observed, (change) => carry({ ...options, left }, change)),
  };
}

async function tagIsThere({
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

function carry(
  options: Parts,
  change: AccessApplicationChange,
): Promise<StateUpdate<ObservedAccessApplications>> {
  if ("foreign" in change) return release(options, change);
  if ("desired" in change) return write(options, change);
  if ("existing" in change) return remove(options, change);
  return change.action === "create" ? makeTag(options) : removeTag(options);
}

async function makeTag(
  options: AccessApplicationDriverOptions,
): Promise<StateUpdate<ObservedAccessApplications>> {
  const { cloudflare, account: account_id, owner } = options;
  try {
    await cloudflare.request("tags.create", z.unknown(), (sdk) =>
      sdk.zeroTrust.access.tags.create({ account_id, name: accessTag(owner) }),
    );
  } catch (error) {
    // How the API says "is there already" is not documented, so it is asked whether it is.
    if (
      !(error instanceof ServiceError) ||
      error.code !== "CFA-CF-REFUSED" ||
      !(await tagIsThere(options))
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
  options: Parts,
  change: Write,
): Promise<StateUpdate<ObservedAccessApplications>> {
  const { cloudflare, account: account_id, owner, left } = options;
  const answer =
    change.action === "create"
      ? await create(options, change.desired)
      : await cloudflare.request("applications.update", ApplicationResponse, (sdk) =>
          sdk.zeroTrust.access.applications.update(change.existing.id, {
            account_id,
            ...body(change.desired, change.existing),
          }),
        );
  const { mine, theirs } = classifyApplications([answer], owner, true);
  left.delete(change.desired.route);
  return (observed) => ({
    ...observed,
    mine: new Map([...observed.mine, ...mine]),
    theirs: [...observed.theirs, ...theirs],
    ...bequeathed(left),
  });
}

/** What the user had set on the one before is a courtesy: where Access refuses it, the application is made without it. */
async function create(
  { cloudflare, account: account_id }: AccessApplicationDriverOptions,
  desired: DesiredApplication,
): Promise<ApplicationResponse> {
  const made = (left: Inheritance | undefined) =>
    cloudflare.request("applications.create", ApplicationResponse, (sdk) =>
      sdk.zeroTrust.access.applications.create({ account_id, ...body(desired, left) }),
    );
  try {
    return await made(desired.inherits);
  } catch (error) {
    if (
      desired.inherits === undefined ||
      !(error instanceof ServiceError) ||
      error.code !== "CFA-CF-REFUSED"
    )
      throw error;
    return await made(undefined);
  }
}

/** Whole, since a PUT replaces. `policies` is always named: a PUT without it would leave the old ones (SDK docs, checked 2026-11). */
function body(
  { route, name, idp, session, tag, policies, launcher }: DesiredApplication,
  at: Omit<Inheritance, "party"> | undefined,
): SelfHosted {
  return {
    ...at?.unmanagedFields,
    app_launcher_visible: launcher.visible,
    ...(launcher.logo !== undefined && { logo_url: launcher.logo }),
    type: "self_hosted",
    name,
    domain: route,
    destinations: [{ type: "public", uri: route }],
    allowed_idps: [idp],
    auto_redirect_to_identity: true,
    session_duration: session,
    tags: [...new Set([...(at?.tags ?? []), tag])],
    policies: policies.map((id, index) => ({ id, precedence: index + 1 })),
  };
}

type SelfHosted = Omit<ApplicationCreateParams.SelfHostedApplication, "account_id" | "zone_id">;

async function remove(
  { cloudflare, account: account_id, left }: Parts,
  change: Extract<
    AccessApplicationChange,
    { readonly action: "delete"; readonly existing: unknown }
  >,
): Promise<StateUpdate<ObservedAccessApplications>> {
  const { existing } = change;
  bequeath(left, change);
  await ignoreNotFound(
    cloudflare.request("applications.delete", z.unknown(), (sdk) =>
      sdk.zeroTrust.access.applications.delete(existing.id, { account_id }),
    ),
  );
  return (observed) => ({
    ...observed,
    mine: new Map([...observed.mine].filter(([, { id }]) => id !== existing.id)),
    duplicates: observed.duplicates.filter(({ id }) => id !== existing.id),
    ...bequeathed(left),
  });
}

/** The one place out of it, or all of it where it guards no other. What its policies say is never touched. */
async function release(
  { cloudflare, account: account_id, owner }: AccessApplicationDriverOptions,
  { foreign, place }: Extract<AccessApplicationChange, { readonly foreign: unknown }>,
): Promise<StateUpdate<ObservedAccessApplications>> {
  const left = foreign.destinations.filter((it) => it !== place);
  if (left.length === 0) {
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
      ...without(foreign, place, left),
    }),
  );
  const { theirs } = classifyApplications([answer], owner, true);
  return (observed) => ({
    ...observed,
    theirs: [...observed.theirs.filter(({ id }) => id !== foreign.id), ...theirs],
  });
}

/** Its own destinations without that one, in their own spelling and order; the first that is left is its domain, if that one went. */
function without(
  { unmanagedFields, destinations: covers }: ForeignApplication,
  place: string,
  left: readonly string[],
): SelfHosted {
  const old = (unmanagedFields["destinations"] ??
    covers.map((uri) => ({ type: "public", uri }))) as readonly { readonly uri?: string }[];
  const destinations = old.filter(({ uri }) => canonicalApplication(uri ?? "") !== place);
  const stays =
    typeof unmanagedFields["domain"] === "string" &&
    canonicalApplication(unmanagedFields["domain"]) !== place;
  const [first = left[0]] = destinations.flatMap(({ uri }) => uri ?? []);
  return {
    ...unmanagedFields,
    domain: stays ? unmanagedFields["domain"] : first,
    destinations,
  } as SelfHosted;
}
