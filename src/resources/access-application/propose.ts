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
import { hasRuleWithin, restrictedRoutesWithin } from "../ingress-rule/nested.ts";
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

/** The tag that marks our applications. It must exist before the first of them. */
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
 * | the application                           | desired | then                                    |
 * |-------------------------------------------|---------|-----------------------------------------|
 * | a foreign one covers exactly this route   | yes     | conflict                                |
 * | a foreign one covers a parent path or a   | yes     | conflict, unless the label adopt        |
 * | wildcard                                  |         | accepts a hole in its protection        |
 * | absent                                    | yes     | create, once its policies exist         |
 * | ours                                      | no      | remove                                  |
 * | ours, created for another party           | yes     | replace: its users must log in again    |
 * | ours, links other policies, which admit   | yes     | update; the audience changes            |
 * | no fewer                                  |         |                                         |
 * | ours, admits more than desired, or for    | yes     | replace: the new aud accepts no old     |
 * | longer                                    |         | login                                   |
 * | the same, while its rule checks no login  | yes     | update and mark it; then update the     |
 * |                                           |         | rule; then replace it                   |
 * | ours, links other policies, and another   | yes     | replace: a late edge must not apply the |
 * | route of the same container lies within   |         | new audience to the inner route         |
 * | ours, links other policies, and its rule  | yes     | replace: it was created for another     |
 * | still checks another application          |         | desired state                           |
 * | ours, differs in anything else            | yes     | update                                  |
 */
export const accessApplicationResource = (
  owner: Owner,
): RouteResource<Needs, AccessApplicationChange> => ({
  kind: "access",
  pendingReason: "Cloudflare to confirm the Access application",
  assess(route, exposure, observed, desired) {
    const existing = observed.access.mine.get(routeKey(route));
    if (exposure === undefined)
      return existing === undefined
        ? { is: "absent", create: undefined }
        : { is: "orphaned", remove: removalOf(existing) };
    const problem = existing === undefined ? applicationConflict(exposure, observed) : undefined;
    if (problem !== undefined) return { is: "conflict", problem };
    const application = desiredApplication(owner, route, exposure, observed);
    if (existing === undefined)
      return {
        is: "absent",
        create: application && {
          kind: "access",
          action: "create",
          key: `access ${routeKey(route)}`,
          subject: routeKey(route),
          desired: application,
        },
      };
    if (desired.handovers.has(routeKey(route))) {
      const removal = removalOf(existing);
      return { is: "drifted", repair: removal, remove: removal, changes: "audience" };
    }
    const hasNestedRoute =
      restrictedRoutesWithin(exposure, desired).length > 0 || hasRuleWithin(exposure, observed);
    const rule = ruleOf(observed, route);
    const ownershipProven = rule !== undefined && isMarked(rule, observed.ingress.mark);
    return compareApplication(existing, application, {
      policy: observed.policy,
      rule,
      ownershipProven,
      hasNestedRoute,
      party: exposure.party,
    });
  },
});

/** What decides how an application may change. */
interface ApplicationContext {
  readonly policy: ObservedAccessPolicies;
  readonly rule: RawRule | undefined;
  /** Whether our mark in the rule proves that it is ours, even without the application. */
  readonly ownershipProven: boolean;
  /** Whether another route of the same container lies within. */
  readonly hasNestedRoute: boolean;
  readonly party: Party;
}

function compareApplication(
  existing: Mine<AccessApplication>,
  desired: DesiredApplication | undefined,
  context: ApplicationContext,
): ResourceState<AccessApplicationChange> {
  const removal = { ...removalOf(existing), replacedFor: context.party };
  if (desired === undefined)
    return { is: "drifted", repair: removal, remove: removal, changes: "audience" };
  const update = {
    kind: "access",
    action: "update",
    key: `access ${existing.route}`,
    subject: existing.route,
    existing,
  } as const;
  const { policy, rule, hasNestedRoute } = context;
  const loginCheck = loginCheckState(context);
  const policiesDiffer = !isSameList(existing.policies, desired.policies);
  const endsLogins =
    isRevocationPending(existing) ||
    removesAccess(existing, desired.policies, policy) ||
    hasLoginsToEnd(existing, desired, policy);
  if (!policiesDiffer && endsLogins && isRevocationPending(existing) && loginCheck === "missing")
    return { is: "in-sync" };
  if (!policiesDiffer && !endsLogins)
    return hasSameSettings(existing, desired)
      ? { is: "in-sync" }
      : { is: "drifted", repair: { ...update, desired }, remove: removal, changes: undefined };
  const mustReplace = endsLogins || hasNestedRoute || !isInUse(existing, rule);
  const repair: AccessApplicationChange =
    mustReplace && loginCheck === "required"
      ? removal
      : {
          ...update,
          desired: endsLogins
            ? { ...desired, name: `${desired.name}${REVOCATION_SUFFIX}` }
            : desired,
        };
  // While the application is gone, a rule without our mark would look foreign: remove the rule
  // first.
  const dependentsFirst = mustReplace && loginCheck === "unproven";
  return {
    is: "drifted",
    repair,
    remove: removal,
    changes: "audience",
    ...(dependentsFirst && { dependentsFirst }),
    ...(loginCheck === "required" && { lockdown: removal }),
  };
}

/**
 * Whether existing logins are valid for longer than desired, or may come from another login method.
 * Such logins survive an update in place. An application that admits everyone has no logins to end.
 */
export function hasLoginsToEnd(
  existing: Pick<AccessApplication, "session" | "allowedIdps">,
  desired: Pick<DesiredApplication, "policies" | "session" | "idp">,
  { mine }: { readonly mine: readonly Policy[] },
): boolean {
  if (mine.some(({ id, decision }) => decision === "bypass" && desired.policies.includes(id)))
    return false;
  const [before, after] = [parseDuration(existing.session), parseDuration(desired.session)];
  const longer = !before.ok || !after.ok || before.value > after.value;
  return (
    longer ||
    existing.allowedIdps.length === 0 ||
    existing.allowedIdps.some((idp) => idp !== desired.idp)
  );
}

/**
 * Whether the rule of the route checks the logins of this application. A rule that checks none yet
 * counts as well.
 */
function isInUse(existing: AccessApplication, rule: RawRule | undefined): boolean {
  const check = rule && loginCheckOf(rule);
  return check === undefined || check.audTag.includes(existing.aud);
}

/**
 * Whether the rule of the route allows the application to be absent for a moment.
 *
 * - `required`: the rule checks a login and carries our mark. Without the application it admits
 *   nobody and is still known to be ours.
 * - `missing`: the rule checks no login yet. The check must be added first.
 * - `unproven`: the rule checks a login, but an earlier version wrote it without our mark.
 * - `none`: there is no rule.
 */
function loginCheckState({
  rule,
  ownershipProven,
}: ApplicationContext): "required" | "missing" | "unproven" | "none" {
  if (rule === undefined) return "none";
  if (loginCheckOf(rule)?.required !== true) return "missing";
  return ownershipProven ? "required" : "unproven";
}

/**
 * Ends the name of an application that admits fewer people than before, until it is replaced. The
 * replacement ends the old logins. If a daemon dies in between, the next one sees the suffix.
 *
 * Revoking tokens would not be enough: an edge that still has the old policies issues new logins to
 * people who lost access.
 */
export const REVOCATION_SUFFIX = " · ending old logins";

/** The suffix, or a lookalike, in a name that a label gives. Only cfauth may set it. */
const IMITATED_SUFFIX = /(?: ?[·\u0387] ?ending old logins ?)+$/i;

const removeImitatedSuffix = (name: string): string => name.replace(IMITATED_SUFFIX, "");

export const isRevocationPending = ({ name }: Pick<AccessApplication, "name">): boolean =>
  name.endsWith(REVOCATION_SUFFIX);

const hasSameSettings = (existing: AccessApplication, desired: DesiredApplication): boolean =>
  isSameList(existing.allowedIdps, [desired.idp]) &&
  existing.autoRedirect &&
  existing.session === desired.session &&
  existing.name === desired.name &&
  existing.tags.includes(desired.tag) &&
  existing.launcher.visible === desired.launcher.visible &&
  (desired.launcher.logo === undefined || existing.launcher.logo === desired.launcher.logo);

function desiredApplication(
  owner: Owner,
  route: Route,
  exposure: Exposure,
  observed: Needs,
): DesiredApplication | undefined {
  const policies = policyIdsFor(owner, exposure.protection, observed.policy);
  const idp = observed.login.method?.id;
  if (policies === undefined || idp === undefined) return undefined;
  const { display, protection, party } = exposure;
  const inherited = observed.access.replaced?.get(routeKey(route));
  return {
    route: routeKey(route),
    name: removeImitatedSuffix(display.name ?? "") || routeKey(route),
    idp,
    session: protection.kind === "authentik" ? protection.session : "24h",
    tag: accessTag(owner),
    policies,
    launcher: {
      visible: !display.hidden,
      logo: display.icon?.startsWith("http") ? display.icon : undefined,
    },
    ...(inherited?.party === party && { inherits: inherited }),
  };
}

const removalOf = (
  existing: Mine<AccessApplication>,
): Extract<AccessApplicationChange, { readonly action: "delete"; readonly existing: unknown }> => ({
  kind: "access",
  action: "delete",
  key: `access ${existing.route}`,
  subject: existing.route,
  existing,
});

const isSameList = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((it, index) => it === b[index]);

/**
 * For `cfauth destroy`: deletes the tag once no application carries it. Access refuses to delete a
 * tag that is in use.
 */
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

/** Applications that carry our tag but are not ours, because someone added destinations to them. */
export const tagCarriers = (
  owner: Owner,
  { theirs }: Pick<ObservedAccessApplications, "theirs">,
): readonly ForeignApplication[] =>
  theirs.filter(
    ({ unmanagedFields }) =>
      Array.isArray(unmanagedFields["tags"]) && unmanagedFields["tags"].includes(accessTag(owner)),
  );

/** Removes duplicate applications at once. The rules use the one in `mine`. */
export const collectDuplicateApplications: GarbageCollector<
  { readonly access: Pick<ObservedAccessApplications, "duplicates"> },
  AccessApplicationChange
> = ({ access }) =>
  access.duplicates.map((existing) => ({
    kind: "access",
    action: "delete",
    key: `access ${existing.route} ${existing.id}`,
    subject: existing.route,
    existing,
  }));
