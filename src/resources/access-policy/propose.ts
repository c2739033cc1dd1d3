import type { Exposure, Protection } from "../../core/domain/exposure.ts";
import type { Owner } from "../../core/domain/owner.ts";
import type { GarbageCollector, ResourceState, RouteResource } from "../../core/plan/resource.ts";
import type { ObservedAccessApplications } from "../access-application/types.ts";
import type { Mine } from "../contract/owned.ts";
import { claimFor } from "../login/claim.ts";
import type { ObservedLogin } from "../login/types.ts";
import { canonicalPolicy, desiredPolicies, policyNames } from "./audience.ts";
import { isContested } from "./contested.ts";
import { admitsMore, replacedName } from "./replaced.ts";
import type { AccessPolicyChange, DesiredPolicy, ObservedAccessPolicies, Policy } from "./types.ts";

type Needs = { readonly policy: ObservedAccessPolicies; readonly login: ObservedLogin };
type Policies<P extends Policy> = { readonly mine: readonly P[] };

/**
 * One policy for each audience, shared by the routes with that audience. A policy that differs from
 * the desired one is updated in place.
 *
 * A policy that admits more than it should is narrowed at once and abandoned: a new one takes its
 * place, and its applications are replaced too. So no login remains valid that it allowed in the
 * meantime, or still allows at a late edge.
 */
export const accessPolicyResource = (owner: Owner): RouteResource<Needs, AccessPolicyChange> => ({
  kind: "policy",
  pendingReason: "Cloudflare to confirm the Access policy",
  assess(_route, exposure, observed) {
    const desired = exposure && policiesFor(owner, exposure, observed);
    if (desired === undefined) return { is: "absent", create: undefined };
    const states = desired.map((it) => assessPolicy(it, observed));
    return states.find(({ is }) => is !== "in-sync") ?? { is: "in-sync" };
  },
});

const policiesFor = (
  owner: Owner,
  { protection }: Exposure,
  { login }: Needs,
): readonly DesiredPolicy[] | undefined =>
  desiredPolicies(
    owner,
    protection,
    login.method,
    protection.kind === "authentik" ? claimFor(login, protection.audience.groups) : undefined,
  );

function assessPolicy(
  desired: DesiredPolicy,
  { policy }: Needs,
): ResourceState<AccessPolicyChange> {
  const existing = findByName(policy, desired.name);
  const change = {
    kind: "policy",
    key: `policy ${desired.name}`,
    subject: desired.name,
    desired,
  } as const;
  if (existing === undefined) return { is: "absent", create: { ...change, action: "create" } };
  if (hasSameContent(existing, desired)) return { is: "in-sync" };
  const isAbandoned = admitsMore(existing, desired) && !isContested(policy, existing);
  const content = isAbandoned ? { ...desired, name: replacedName(desired.name) } : desired;
  return {
    is: "drifted",
    repair: { ...change, action: "update", existing, desired: content },
    remove: removalOf(existing),
    changes: undefined,
  };
}

/**
 * The policies that an application with this protection links, by precedence: first ours, then the
 * user's own ones.
 *
 * @returns undefined while one of ours does not exist
 */
export function policyIdsFor(
  owner: Owner,
  protection: Protection,
  policy: Policies<Policy>,
): readonly string[] | undefined {
  const ours = policyNames(owner, protection).map((name) => findByName(policy, name)?.id);
  const theirs = protection.kind === "authentik" ? protection.audience.policies : [];
  return ours.includes(undefined) ? undefined : [...ours.flatMap((id) => id ?? []), ...theirs];
}

/** If a late write created duplicates, everyone picks the same one. */
const findByName = <P extends Policy>({ mine }: Policies<P>, name: string): P | undefined =>
  mine.find((policy) => policy.name === name && !isDuplicate(policy, mine));

/** Policy names need not be unique: the policy with the lowest id counts. */
const isDuplicate = ({ id, name }: Policy, mine: readonly Policy[]): boolean =>
  mine.some((other) => other.name === name && other.id < id);

const hasSameContent = (existing: Policy, desired: DesiredPolicy): boolean =>
  existing.decision === desired.decision &&
  canonicalPolicy(existing.include) === canonicalPolicy(desired.include) &&
  canonicalPolicy(existing.require) === canonicalPolicy(desired.require) &&
  existing.exclude.length === 0 &&
  existing.session === undefined;

/**
 * Removes our policies that no application uses and no route needs, duplicates included. A policy
 * that a foreign application uses counts as used.
 */
export const collectUnusedPolicies =
  (
    owner: Owner,
  ): GarbageCollector<
    {
      readonly policy: ObservedAccessPolicies;
      readonly access: Pick<ObservedAccessApplications, "mine" | "linked">;
    },
    AccessPolicyChange
  > =>
  (observed, desired) => {
    const { mine } = observed.policy;
    const names = new Set(
      [...desired.exposures.values()].flatMap(({ protection }) => policyNames(owner, protection)),
    );
    const used = new Set([
      ...[...observed.access.mine.values()].flatMap(({ policies }) => policies),
      ...observed.access.linked,
    ]);
    return mine
      .filter(
        (policy) => !used.has(policy.id) && (!names.has(policy.name) || isDuplicate(policy, mine)),
      )
      .map(removalOf);
  };

const removalOf = (existing: Mine<Policy>): AccessPolicyChange => ({
  kind: "policy",
  action: "delete",
  key: `policy ${existing.name} ${existing.id}`,
  subject: existing.name,
  existing,
});
