import type { Exposure } from "../../core/domain/exposure.ts";
import { accessTag, type Owner } from "../../core/domain/owner.ts";
import type { Party } from "../../core/domain/party.ts";
import { type Route, routeKey } from "../../core/domain/route.ts";
import type {
  GarbageCollector,
  Prerequisite,
  ResourceState,
  RouteResource,
} from "../../core/plan/resource.ts";
import { parseDuration } from "../../core/text/duration.ts";
import { policyIdsFor } from "../access-policy/propose.ts";
import { removesAccess } from "../access-policy/removes-access.ts";
import type { ObservedAccessPolicies, Policy } from "../access-policy/types.ts";
import type { Mine } from "../contract/owned.ts";
import { restrictedRoutesWithin, standsWithin } from "../ingress-rule/nested.ts";
import { isMarked, loginCheckOf, type OwnershipEvidence, ruleOf } from "../ingress-rule/rules.ts";
import type { RawRule } from "../ingress-rule/types.ts";
import type { ObservedLogin } from "../login/types.ts";
import { applicationConflict } from "./conflict.ts";
import type {
  AccessApplication,
  AccessApplicationChange,
  DesiredApplication,
  ForeignApplication,
  ObservedAccessApplications,
} from "./types.ts";

type Needs = OwnershipEvidence & {
  readonly access: ObservedAccessApplications;
  readonly policy: ObservedAccessPolicies;
  readonly login: Pick<ObservedLogin, "method">;
};

/** The tag that marks our applications; it is there before the first of them. */
export const tagPrerequisite = (
  owner: Owner,
): Prerequisite<
  { readonly access: Pick<ObservedAccessApplications, "tagged"> },
  AccessApplicationChange
> => ({
  kind: "access",
  pendingReason: "the Access tag",
  propose: ({ access }) => ({
    changes: access.tagged
      ? []
      : [{ kind: "access", action: "create", key: "tag", subject: accessTag(owner) }],
    problems: [],
    ready: access.tagged,
  }),
});

/**
 * | the application                                  | its wish | then                                               |
 * |--------------------------------------------------|----------|----------------------------------------------------|
 * | a foreign one covers exactly this route          | yes      | taken                                              |
 * | a foreign one covers a parent path or wildcard   | yes      | taken, unless the label adopt consents to a hole   |
 * | absent                                           | yes      | open it, once its policies are there               |
 * | ours                                             | none     | close it                                           |
 * | ours, made for another party                     | yes      | replaced: people who logged in there do so again   |
 * | ours, links other policies, which admit no less  | yes      | mend it; the audience moves                        |
 * | ours, lets in more than desired, or for longer   | yes      | replace it: its new aud is good for no old login   |
 * | the same, while its rule checks no login         | yes      | update and mark it; the rule, then replace it      |
 * | ours, links other policies, and another route of | yes      | replaced: an edge that is late must not take the   |
 * | the same container lies within                   |          | new audience for what is within                    |
 * | ours, links other policies, and its rule still   | yes      | replaced: it was made for another wish             |
 * | checks another one                               |          |                                                    |
 * | ours, differs in anything else                   | yes      | mend it                                            |
 */
export const accessApplicationResource = (
  owner: Owner,
): RouteResource<Needs, AccessApplicationChange> => ({
  kind: "access",
  pendingReason: "Cloudflare to confirm the Access application",
  assess(route, exposure, observed, desired) {
    const found = observed.access.mine.get(routeKey(route));
    if (exposure === undefined)
      return found === undefined
        ? { is: "absent", create: undefined }
        : { is: "orphaned", remove: remove(found) };
    const problem = found === undefined ? applicationConflict(exposure, observed) : undefined;
    if (problem !== undefined) return { is: "conflict", problem };
    const wanted = applicationWish(owner, route, exposure, observed);
    if (found === undefined)
      return {
        is: "absent",
        create: wanted && {
          kind: "access",
          action: "create",
          key: key(route),
          subject: routeKey(route),
          desired: wanted,
        },
      };
    if (desired.handovers.has(routeKey(route)))
      return { is: "drifted", repair: remove(found), remove: remove(found), changes: "audience" };
    const nested =
      restrictedRoutesWithin(exposure, desired).length > 0 || standsWithin(exposure, observed);
    const rule = ruleOf(observed, route);
    const proven = rule !== undefined && isMarked(rule, observed.ingress.mark);
    return compare(found, wanted, {
      policy: observed.policy,
      rule,
      proven,
      nested,
      party: exposure.party,
    });
  },
});

/** What stands around the application, as far as it decides how it may change. */
interface Around {
  readonly policy: ObservedAccessPolicies;
  readonly rule: RawRule | undefined;
  /** Whether our mark in the rule tells that it is ours, also while the application is away. */
  readonly proven: boolean;
  /** Whether another route of the same container lies within. */
  readonly nested: boolean;
  readonly party: Party;
}

function compare(
  found: Mine<AccessApplication>,
  wanted: DesiredApplication | undefined,
  around: Around,
): ResourceState<AccessApplicationChange> {
  const close = { ...remove(found), replacedFor: around.party };
  if (wanted === undefined)
    return { is: "drifted", repair: close, remove: close, changes: "audience" };
  const at = {
    kind: "access",
    action: "update",
    key: `access ${found.route}`,
    subject: found.route,
    existing: found,
  } as const;
  const { policy, rule, nested } = around;
  const checked = checkedNow(around);
  const moved = !same(found.policies, wanted.policies);
  const less =
    isRevocationPending(found) ||
    removesAccess(found, wanted.policies, policy) ||
    keepsTag(found, wanted, policy);
  if (!moved && less && isRevocationPending(found) && checked === "open") return { is: "in-sync" };
  if (!moved && !less)
    return sameRest(found, wanted)
      ? { is: "in-sync" }
      : { is: "drifted", repair: { ...at, desired: wanted }, remove: close, changes: undefined };
  const replaced = less || nested || !inUse(found, rule);
  const mend: AccessApplicationChange =
    replaced && checked === "yes"
      ? close
      : {
          ...at,
          desired: less ? { ...wanted, name: `${wanted.name}${REVOCATION_SUFFIX}` } : wanted,
        };
  // Without our mark the rule could not be told from a foreign one while the application is away: then it goes first.
  const dependentsFirst = replaced && checked === "unproven";
  return {
    is: "drifted",
    repair: mend,
    remove: close,
    changes: "audience",
    ...(dependentsFirst && { dependentsFirst }),
    ...(checked === "yes" && { lockdown: close }),
  };
}

/**
 * Whether a login to it was good for longer than it is to be, or could be given by another login method. Such logins outlive a
 * change in place. One that lets anybody in has none to end.
 */
export function keepsTag(
  found: Pick<AccessApplication, "session" | "allowedIdps">,
  wanted: Pick<DesiredApplication, "policies" | "session" | "idp">,
  { mine }: { readonly mine: readonly Policy[] },
): boolean {
  if (mine.some(({ id, decision }) => decision === "bypass" && wanted.policies.includes(id)))
    return false;
  const [before, after] = [parseDuration(found.session), parseDuration(wanted.session)];
  const longer = !before.ok || !after.ok || before.value > after.value;
  return (
    longer || found.allowedIdps.length === 0 || found.allowedIdps.some((idp) => idp !== wanted.idp)
  );
}

/** Whether the rule of the route checks the logins of this very application; one that checks none is not there yet. */
function inUse(found: AccessApplication, rule: RawRule | undefined): boolean {
  const check = rule && loginCheckOf(rule);
  return check === undefined || check.audTag.includes(found.aud);
}

/**
 * Whether the rule of the route checks a login, so that the application can go for a moment: the rule lets nobody in then, and
 * is still known as ours by our mark. `open`: it checks none yet, which comes first. `unproven`: an earlier version wrote it.
 * `none`: there is no rule.
 */
function checkedNow({ rule, proven }: Around): "yes" | "open" | "unproven" | "none" {
  if (rule === undefined) return "none";
  if (loginCheckOf(rule)?.required !== true) return "open";
  return proven ? "yes" : "unproven";
}

/**
 * Ends the name of an application whose audience has become narrower until it is replaced, which ends the logins that were given
 * before: a daemon that dies between the two is followed by one that sees it. Revoking its tokens would not be enough: for as long
 * as an edge believes the old policies, it gives new logins to those who lost the right.
 */
export const REVOCATION_SUFFIX = " · ending old logins";

/** The same, and what looks like it, at the end of a name that a label gives: only cfauth marks an application. */
const IMITATED_ENDING = /(?: ?[·\u0387] ?ending old logins ?)+$/i;

const unmarked = (name: string): string => name.replace(IMITATED_ENDING, "");

export const isRevocationPending = ({ name }: Pick<AccessApplication, "name">): boolean =>
  name.endsWith(REVOCATION_SUFFIX);

const sameRest = (found: AccessApplication, wanted: DesiredApplication): boolean =>
  same(found.allowedIdps, [wanted.idp]) &&
  found.autoRedirect &&
  found.session === wanted.session &&
  found.name === wanted.name &&
  found.tags.includes(wanted.tag) &&
  found.launcher.visible === wanted.launcher.visible &&
  (wanted.launcher.logo === undefined || found.launcher.logo === wanted.launcher.logo);

function applicationWish(
  owner: Owner,
  route: Route,
  exposure: Exposure,
  observed: Needs,
): DesiredApplication | undefined {
  const policies = policyIdsFor(owner, exposure.protection, observed.policy);
  const idp = observed.login.method?.id;
  if (policies === undefined || idp === undefined) return undefined;
  const { display, protection, party } = exposure;
  const left = observed.access.replaced?.get(routeKey(route));
  return {
    route: routeKey(route),
    name: unmarked(display.name ?? "") || routeKey(route),
    idp,
    session: protection.kind === "authentik" ? protection.session : "24h",
    tag: accessTag(owner),
    policies,
    launcher: {
      visible: !display.hidden,
      logo: display.icon?.startsWith("http") ? display.icon : undefined,
    },
    ...(left?.party === party && { inherits: left }),
  };
}

const key = (route: Route) => `access ${routeKey(route)}`;

const remove = (
  at: Mine<AccessApplication>,
): Extract<AccessApplicationChange, { readonly action: "delete"; readonly existing: unknown }> => ({
  kind: "access",
  action: "delete",
  key: `access ${at.route}`,
  subject: at.route,
  existing: at,
});

const same = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((it, index) => it === b[index]);

/** The tag of one who leaves, once no application carries it: Access deletes none that is in use. */
export const collectUnusedTag =
  (
    owner: Owner,
  ): GarbageCollector<{ readonly access: ObservedAccessApplications }, AccessApplicationChange> =>
  ({ access }) =>
    access.tagged &&
    access.mine.size + access.duplicates.length === 0 &&
    tagCarriers(owner, access).length === 0
      ? [{ kind: "access", action: "delete", key: "tag-gone", subject: accessTag(owner) }]
      : [];

/** Applications with our tag that are not ours all the same: somebody has put more places into them. */
export const tagCarriers = (
  owner: Owner,
  { theirs }: Pick<ObservedAccessApplications, "theirs">,
): readonly ForeignApplication[] =>
  theirs.filter(
    ({ unmanagedFields }) =>
      Array.isArray(unmanagedFields["tags"]) && unmanagedFields["tags"].includes(accessTag(owner)),
  );

/** Doubles of an application go as soon as they are seen: the one that stands in `mine` is the one that rules name. */
export const collectDuplicateApplications: GarbageCollector<
  { readonly access: Pick<ObservedAccessApplications, "duplicates"> },
  AccessApplicationChange
> = ({ access }) =>
  access.duplicates.map((at) => ({
    kind: "access",
    action: "delete",
    key: `access ${at.route} ${at.id}`,
    subject: at.route,
    existing: at,
  }));
