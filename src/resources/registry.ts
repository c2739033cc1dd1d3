import type { Owner } from "../core/domain/owner.ts";
import type { ResourceModel } from "../core/plan/resource.ts";
import { diagnoseOverruledApplications } from "./access-application/conflict.ts";
import { diagnoseLoginBehindAccess } from "./access-application/login-behind-access.ts";
import {
  accessApplicationResource,
  collectDuplicateApplications,
  tagPrerequisite,
} from "./access-application/propose.ts";
import type { AccessApplicationChange } from "./access-application/types.ts";
import {
  accessPolicyResource,
  collectUnusedPolicies,
  policyIdsFor,
} from "./access-policy/propose.ts";
import type { AccessPolicyChange } from "./access-policy/types.ts";
import { dnsRecordResource } from "./dns-record/propose.ts";
import type { DnsRecordChange } from "./dns-record/types.ts";
import { diagnoseTunnelRules } from "./ingress-rule/diagnostics.ts";
import { collectStrayRules, markUnmarkedRules } from "./ingress-rule/marks.ts";
import { ingressRuleResource, placeholderFor, rerouteRule } from "./ingress-rule/propose.ts";
import type { IngressRuleChange } from "./ingress-rule/types.ts";
import { libraryTiles } from "./library-tile/propose.ts";
import type { LibraryTileChange } from "./library-tile/types.ts";
import { collectUnusedMethods } from "./login/duplicates.ts";
import { loginPrerequisite } from "./login/propose.ts";
import type { LoginChange } from "./login/types.ts";
import type { ObservedState } from "./observed.ts";
import { deployedRoutes } from "./route/deployed.ts";
import { grantsAccess } from "./route/grants-access.ts";
import { removeOverreach } from "./route/overreach.ts";
import { planTakeover } from "./route/takeover.ts";
import { tunnelPrerequisite } from "./tunnel/propose.ts";
import type { TunnelChange } from "./tunnel/types.ts";

export type AnyChange =
  | LoginChange
  | TunnelChange
  | AccessPolicyChange
  | AccessApplicationChange
  | IngressRuleChange
  | DnsRecordChange
  | LibraryTileChange;

/**
 * Every kind by its rank, the lowest first. A new kind is one folder and one line here.
 *
 * @param withTiles - CFAUTH_TILES
 */
export const resourceModel = (
  owner: Owner,
  withTiles = true,
): ResourceModel<ObservedState, AnyChange> => ({
  prerequisites: [tunnelPrerequisite, loginPrerequisite, tagPrerequisite(owner)],
  routeChain: [
    accessPolicyResource(owner),
    accessApplicationResource(owner),
    ingressRuleResource,
    dnsRecordResource(owner),
  ],
  garbageCollectors: [
    collectUnusedPolicies(owner),
    collectDuplicateApplications,
    collectStrayRules,
    collectUnusedMethods,
  ],
  bestEffort: [libraryTiles(owner, withTiles)],
  accompany: (due, observed) => [markUnmarkedRules(due, observed) ?? []].flat(),
  diagnostics: [diagnoseLoginBehindAccess, diagnoseOverruledApplications, diagnoseTunnelRules],
  audienceOf: ({ protection }, { policy }) => policyIdsFor(owner, protection, policy)?.join(" "),
  grantsAccess: (exposure, observed) => grantsAccess(owner, exposure, observed),
  removeOverreach: (exposure, observed, desired) =>
    removeOverreach(owner, exposure, observed, desired),
  placeholderFor,
  reroute: rerouteRule,
  planTakeover: planTakeover(owner),
  deployedRoutes,
});
