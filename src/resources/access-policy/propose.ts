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
 * One policy for each audience, shared by the routes that have it. What differs from the wish is updated in place. One that lets in
 * more than it should is narrowed at once and given up: a new one takes its place, and its applications are replaced as well, so
 * that no login which it gave meanwhile, or goes on giving at an edge that is late, is good for anything.
 */
export const accessPolicyResource = (owner: Owner): RouteResource<Needs, AccessPolicyChange> => ({
  kind: "policy",
  pendingReason: "Cloudflare to confirm the Access policy",
  assess(_route, exposure, observed) {
    const wanted = exposure && wishesOf(owner, exposure, observed);
    if (wanted === undefined) return { is: "absent", create: undefined };
    return (
      wanted.map((it) => stance(it, observed)).find(({ is }) => is !== "in-sync") ?? {
        is: "in-sync",
      }
    );
  },
});

const wishesOf = (
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

function stance(wanted: DesiredPolicy, { policy }: Needs): ResourceState<AccessPolicyChange> {
  const found = named(policy, wanted.name);
  const at = {
    kind: "policy",
    key: `policy ${wanted.name}`,
    subject: wanted.name,
    desired: wanted,
  } as const;
  if (found === undefined) return { is: "absent", create: { ...at, action: "create" } };
  if (says(found, wanted)) return { is: "in-sync" };
  const givenUp = admitsMore(found, wanted) && !isContested(policy, found);
  const desired = givenUp ? { ...wanted, name: replacedName(wanted.name) } : wanted;
  return {
    is: "drifted",
    repair: { ...at, action: "update", existing: found, desired },
    remove: remove(found),
    changes: undefined,
  };
}

/**
 * The policies that an application with this protection links, by precedence: ours, and those that the user keeps.
 *
 * @returns undefined while one of ours is not there
 */
export function policyIdsFor(
  owner: Owner,
  protection: Protection,
  policy: Policies<Policy>,
): readonly string[] | undefined {
  const ours = policyNames(owner, protection).map((name) => named(policy, name)?.id);
  const theirs = protection.kind === "authentik" ? protection.audience.policies : [];
  return ours.includes(undefined) ? undefined : [...ours.flatMap((id) => id ?? []), ...theirs];
}

/** Of several, which a write that comes late may make, the same one for all who look. */
const named = <P extends Policy>({ mine }: Policies<P>, name: string): P | undefined =>
  mine.find((policy) => policy.name === name && !isDouble(policy, mine));

/** Names of policies need not be unique: the one with the lowest id counts. */
const isDouble = ({ id, name }: Policy, mine: readonly Policy[]): boolean =>
  mine.some((other) => other.name === name && other.id < id);

const says = (found: Policy, wanted: DesiredPolicy): boolean =>
  found.decision === wanted.decision &&
  canonicalPolicy(found.include) === canonicalPolicy(wanted.include) &&
  canonicalPolicy(found.require) === canonicalPolicy(wanted.require) &&
  found.exclude.length === 0 &&
  found.session === undefined;

/** Policies of ours that no application uses and no route wishes, doubles too. One in use by somebody else's application counts as used. */
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
        (policy) => !used.has(policy.id) && (!names.has(policy.name) || isDouble(policy, mine)),
      )
      .map(remove);
  };

const remove = (at: Mine<Policy>): AccessPolicyChange => ({
  kind: "policy",
  action: "delete",
  key: `policy ${at.name} ${at.id}`,
  subject: at.name,
  existing: at,
});
