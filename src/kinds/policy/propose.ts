import { type Owner, policyPrefix } from "../../domain/owner.ts";
import type { Rung, Sweep } from "../../plan/rung.ts";
import type { AccessSeen } from "../access/seen.ts";
import type { LoginSeen } from "../login/seen.ts";
import type { Mine } from "../mine.ts";
import type { Audience, Policy, PolicyChange, PolicySeen, PolicyWish } from "./seen.ts";

type Needs = { readonly policy: PolicySeen; readonly login: Pick<LoginSeen, "method"> };

/** One policy for each audience, shared by the routes that have it. What differs from the wish is mended in place. */
export const policyRung = (owner: Owner): Rung<Needs, PolicyChange> => ({
  kind: "policy",
  awaited: "Cloudflare to confirm the Access policy",
  stance(_route, wish, { policy, login }) {
    if (wish === undefined) return { is: "absent", open: undefined };
    const audience = wish.protection.kind;
    const wanted = policyWish(owner, audience, login.method?.id);
    if (wanted === undefined) return { is: "absent", open: undefined };
    const found = policyOf(policy, owner, audience);
    if (found === undefined)
      return { is: "absent", open: { kind: "policy", action: "create", key: `policy ${wanted.name}`, subject: wanted.name, wish: wanted } };
    if (says(found, wanted)) return { is: "stands" };
    return {
      is: "drifted",
      mend: { kind: "policy", action: "update", key: `policy ${wanted.name}`, subject: wanted.name, at: found, wish: wanted },
      close: remove(found),
      moves: undefined,
    };
  },
});

/** The name is the mark: it begins with the owner's prefix, and says the rest to a person in the dashboard. */
export function policyWish(owner: Owner, audience: Audience, idp: string | undefined): PolicyWish | undefined {
  switch (audience) {
    case "authentik":
      return idp === undefined
        ? undefined
        : { name: policyName(owner, audience), decision: "allow", include: [{ login_method: { id: idp } }] };
    case "public":
      return { name: policyName(owner, audience), decision: "bypass", include: [{ everyone: {} }] };
  }
}

const WORDS: Readonly<Record<Audience, string>> = { authentik: "everyone who logs in with Authentik", public: "public, no login" };

const policyName = (owner: Owner, audience: Audience): string => `${policyPrefix(owner)}${WORDS[audience]}`;

/** Of several, which a write that comes late may make, the same one for all who look. */
export const policyOf = ({ mine }: PolicySeen, owner: Owner, audience: Audience): Mine<Policy> | undefined =>
  mine.find((policy) => policy.name === policyName(owner, audience) && !isDouble(policy, mine));

/** Names of policies need not be unique: the one with the lowest id counts. */
const isDouble = ({ id, name }: Policy, mine: readonly Policy[]): boolean => mine.some((other) => other.name === name && other.id < id);

const says = (found: Policy, wanted: PolicyWish): boolean =>
  found.decision === wanted.decision &&
  JSON.stringify(found.include) === JSON.stringify(wanted.include) &&
  found.require.length === 0 &&
  found.exclude.length === 0;

/** Policies of ours that no application uses and no route wishes, doubles too. One in use by somebody else's application counts as used. */
export const unusedPolicies: Sweep<Needs & { readonly access: Pick<AccessSeen, "mine" | "linked"> }, PolicyChange> = (world, desired) => {
  const { mine } = world.policy;
  const words = new Set([...desired.wishes.values()].map(({ protection }) => WORDS[protection.kind]));
  const wished = (policy: Policy) => [...words].some((it) => policy.name.endsWith(` ${it}`)) && !isDouble(policy, mine);
  const used = new Set([...[...world.access.mine.values()].flatMap(({ policies }) => policies), ...world.access.linked]);
  return mine.filter((policy) => !used.has(policy.id) && !wished(policy)).map(remove);
};

const remove = (at: Mine<Policy>): PolicyChange => ({
  kind: "policy",
  action: "delete",
  key: `policy ${at.name} ${at.id}`,
  subject: at.name,
  at,
});
