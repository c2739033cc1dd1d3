import type { Owner } from "../domain/owner.ts";
import type { ResourceModel } from "../plan/rung.ts";
import { diagnoseLoginBehindAccess } from "./access/behind.ts";
import { diagnoseOverruledApplications } from "./access/conflict.ts";
import { accessApplicationResource, collectDuplicateApplications, tagPrerequisite } from "./access/propose.ts";
import type { AccessApplicationChange } from "./access/seen.ts";
import { planTakeover } from "./adopt.ts";
import { dnsRecordResource } from "./dns/propose.ts";
import type { DnsRecordChange } from "./dns/seen.ts";
import { collectStrayRules, markUnmarkedRules } from "./ingress/marks.ts";
import { ingressRuleResource, placeholderFor, rerouteRule } from "./ingress/propose.ts";
import type { IngressRuleChange } from "./ingress/seen.ts";
import { diagnoseTunnelRules } from "./ingress/survey.ts";
import { collectUnusedMethods } from "./login/doubles.ts";
import { loginPrerequisite } from "./login/propose.ts";
import type { LoginChange } from "./login/seen.ts";
import { removeOverreach } from "./overstay.ts";
import { accessPolicyResource, collectUnusedPolicies, policyIdsFor } from "./policy/propose.ts";
import type { AccessPolicyChange } from "./policy/seen.ts";
import { deployedRoutes } from "./standing.ts";
import { libraryTiles } from "./tile/propose.ts";
import type { LibraryTileChange } from "./tile/seen.ts";
import { tunnelPrerequisite } from "./tunnel/propose.ts";
import type { TunnelChange } from "./tunnel/seen.ts";
import { grantsAccess } from "./widening.ts";
import type { ObservedState } from "./world.ts";

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
export const resourceModel = (owner: Owner, withTiles = true): ResourceModel<ObservedState, AnyChange> => ({
  foundations: [tunnelPrerequisite, loginPrerequisite, tagPrerequisite(owner)],
  rungs: [accessPolicyResource(owner), accessApplicationResource(owner), ingressRuleResource, dnsRecordResource(owner)],
  sweeps: [collectUnusedPolicies(owner), collectDuplicateApplications, collectStrayRules, collectUnusedMethods],
  courtesies: [libraryTiles(owner, withTiles)],
  along: (due, world) => [markUnmarkedRules(due, world) ?? []].flat(),
  surveys: [diagnoseLoginBehindAccess, diagnoseOverruledApplications, diagnoseTunnelRules],
  audience: ({ protection }, { policy }) => policyIdsFor(owner, protection, policy)?.join(" "),
  widens: (wish, world) => grantsAccess(owner, wish, world),
  overstays: (wish, world, desired) => removeOverreach(owner, wish, world, desired),
  screen: placeholderFor,
  reroute: rerouteRule,
  adopt: planTakeover(owner),
  standing: deployedRoutes,
});
