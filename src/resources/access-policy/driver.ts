import type { PolicyCreateParams } from "cloudflare/resources/zero-trust/access/policies";
import { z } from "zod";
import type { Cloudflare } from "../../clients/cloudflare/cloudflare.ts";
import { type Owner, policyPrefix } from "../../core/domain/owner.ts";
import { applyEach, ignoreNotFound, type StateUpdate } from "../contract/apply.ts";
import type { ResourceDriver } from "../contract/driver.ts";
import { type Mine, markOwned } from "../contract/owned.ts";
import { sortRules } from "./audience.ts";
import { contestedIn, noteReplacement, type Replacements } from "./contested.ts";
import type { AccessPolicyChange, DesiredPolicy, ObservedAccessPolicies, Policy } from "./types.ts";

export interface AccessPolicyDriverOptions {
  readonly cloudflare: Cloudflare;
  readonly account: string;
  readonly owner: Owner;
}

/** Observes and writes reusable Access policies. */
export function createAccessPolicyDriver(
  options: AccessPolicyDriverOptions,
): ResourceDriver<ObservedAccessPolicies, AccessPolicyChange> {
  const { cloudflare, account: account_id, owner } = options;
  const replacements: Replacements = new Map();
  return {
    kind: "policy",
    observe: async () => {
      const all = await cloudflare.list("policies.list", PolicyAnswer, (sdk, page) =>
        sdk.zeroTrust.access.policies.list({ account_id, ...page }),
      );
      const [mine, theirs] = [true, false].map((ours) =>
        all.filter(({ name }) => name.startsWith(policyPrefix(owner)) === ours),
      );
      const namedMethods = loginMethodsIn(theirs ?? []);
      return {
        ...contestedIn(replacements),
        ...(namedMethods.length > 0 && { methodsNamed: namedMethods }),
        mine: (mine ?? []).map((it) => markOwned(policyFrom(it))),
        theirs: (theirs ?? [])
          .filter(({ reusable }) => reusable !== false)
          .map(({ id, name, decision }) => ({ id, name, decision })),
      };
    },
    apply: (changes, observed) =>
      applyEach(changes, observed, (change) => applyChange(options, change, replacements)),
  };
}

/** The ids of the login methods that the rules name, alone or together with a claim. */
const loginMethodsIn = (policies: readonly object[]): readonly string[] => [
  ...new Set(
    [
      ...JSON.stringify(policies).matchAll(
        /"(?:identity_provider_id|login_method":\{"id)":"([^"]+)"/g,
      ),
    ].flatMap(([, id]) => id ?? []),
  ),
];

async function applyChange(
  { cloudflare, account: account_id }: AccessPolicyDriverOptions,
  change: AccessPolicyChange,
  replacements: Replacements,
): Promise<StateUpdate<ObservedAccessPolicies>> {
  switch (change.action) {
    case "create": {
      const created = await cloudflare.request("policies.create", PolicyAnswer, (sdk) =>
        sdk.zeroTrust.access.policies.create({ account_id, ...policyBody(change.desired) }),
      );
      return put(markOwned(policyFrom(created)));
    }
    case "update": {
      const updated = await cloudflare.request("policies.update", PolicyAnswer, (sdk) =>
        sdk.zeroTrust.access.policies.update(change.existing.id, {
          account_id,
          ...policyBody(change.desired),
        }),
      );
      noteReplacement(replacements, change);
      return put(markOwned(policyFrom(updated)));
    }
    case "delete":
      await ignoreNotFound(
        cloudflare.request("policies.delete", z.unknown(), (sdk) =>
          sdk.zeroTrust.access.policies.delete(change.existing.id, { account_id }),
        ),
      );
      return (observed) => ({
        ...observed,
        mine: observed.mine.filter(({ id }) => id !== change.existing.id),
      });
  }
}

const put =
  (policy: Mine<Policy>): StateUpdate<ObservedAccessPolicies> =>
  (observed) => ({
    ...observed,
    mine: [...observed.mine.filter(({ id }) => id !== policy.id), policy],
  });

/** The whole policy, because a PUT replaces it. This removes a condition that someone added. */
const policyBody = ({
  name,
  decision,
  include,
  require,
}: DesiredPolicy): Omit<PolicyCreateParams, "account_id"> => ({
  name,
  decision,
  include: include as PolicyCreateParams["include"],
  require: require as NonNullable<PolicyCreateParams["require"]>,
  exclude: [],
});

const Rules = z.array(z.unknown()).nullish();

const PolicyAnswer = z.looseObject({
  id: z.string(),
  name: z.string(),
  decision: z.string(),
  reusable: z.boolean().nullish(),
  include: Rules,
  require: Rules,
  exclude: Rules,
  session_duration: z.string().nullish(),
});

/**
 * Includes the default session: it is not documented whether the API returns it for a policy
 * without a session of its own (checked 2026-12).
 */
const UNSET: readonly (string | null | undefined)[] = [undefined, null, "", "24h", "24h0m0s"];

const policyFrom = ({
  id,
  name,
  decision,
  include,
  require,
  exclude,
  session_duration,
}: z.infer<typeof PolicyAnswer>): Policy => ({
  id,
  name,
  decision,
  include: rulesIn(include),
  require: rulesIn(require),
  exclude: rulesIn(exclude),
  ...(typeof session_duration === "string" &&
    !UNSET.includes(session_duration) && { session: session_duration }),
});

/**
 * Without empty fields and empty rules: the API may return a rule such as `{ email: { email: "" }
 * }` (Terraform provider, 2026-11).
 */
function rulesIn(rules: readonly unknown[] | null | undefined): readonly unknown[] {
  return sortRules((rules ?? []).flatMap((rule) => removeEmptyFields(rule) ?? []));
}

/** @returns undefined for a rule that has only empty fields */
function removeEmptyFields(rule: unknown): unknown {
  const [[kind, leaf] = ["", undefined]] = Object.entries(Object(rule));
  if (typeof leaf !== "object" || leaf === null || Array.isArray(leaf)) return rule;
  const fields = Object.entries(leaf);
  const nonEmpty = fields.filter(([, value]) => value !== "" && value !== null);
  if (nonEmpty.length === fields.length) return rule;
  return nonEmpty.length === 0
    ? undefined
    : { ...Object(rule), [kind]: Object.fromEntries(nonEmpty) };
}
