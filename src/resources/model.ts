import type { Owner } from "../core/domain/owner.ts";
import type { ResourceModel } from "../core/plan/resource.ts";
import { diagnoseOverruledApplications } from "./access-application/conflict.ts";
import { diagnoseLoginBehindAccess } from "./access-application/login-behind-access.ts";
import {
  accessApplicationResource,
  collectDuplicateApplications,
  tagPrerequisite,
} from "./access-application/propose.ts";
import {
  accessPolicyResource,
  collectUnusedPolicies,
  policyIdsFor,
} from "./access-policy/propose.ts";
import { dnsRecordResource } from "./dns-record/propose.ts";
import { diagnoseTunnelRules } from "./ingress-rule/diagnostics.ts";
import { collectStrayRules, markUnmarkedRules } from "./ingress-rule/marks.ts";
import { ingressRuleResource, placeholderFor, rerouteRule } from "./ingress-rule/propose.ts";
import { libraryTiles } from "./library-tile/propose.ts";
import { collectUnusedMethods } from "./login/duplicates.ts";
import { loginPrerequisite } from "./login/propose.ts";
import type { AnyChange, ObservedState } from "./registry.ts";
import { deployedRoutes } from "./route/deployed.ts";
import { grantsAccess } from "./route/grants-access.ts";
import { removeOverreach } from "./route/overreach.ts";
import { planTakeover } from "./route/takeover.ts";
import { tunnelPrerequisite } from "./tunnel/propose.ts";

/**
 * How the planner uses the resources: what all routes need, the chain that each route climbs, and
 * what is cleaned up, added and checked beside it.
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
