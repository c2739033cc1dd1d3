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

/** Reusable Access policies. */
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
      const methodsNamed = methodsIn(theirs ?? []);
      return {
        ...contestedIn(replacements),
        ...(methodsNamed.length > 0 && { methodsNamed }),
        mine: (mine ?? []).map((it) => markOwned(policyFrom(it))),
        theirs: (theirs ?? [])
          .filter(({ reusable }) => reusable !== false)
          .map(({ id, name, decision }) => ({ id, name, decision })),
      };
    },
    apply: (changes, observed) =>
      applyEach(changes, observed, (change) => carry(options, change, replacements)),
  };
}

/** A rule names a login method by its id, alone or beside a claim. */
const methodsIn = (policies: readonly object[]): readonly string[] => [
  ...new Set(
    [
      ...JSON.stringify(policies).matchAll(
        /"(?:identity_provider_id|login_method":\{"id)":"([^"]+)"/g,
      ),
    ].flatMap(([, id]) => id ?? []),
  ),
];

async function carry(
  { cloudflare, account: account_id }: AccessPolicyDriverOptions,
  change: AccessPolicyChange,
  replacements: Replacements,
): Promise<StateUpdate<ObservedAccessPolicies>> {
  switch (change.action) {
    case "create": {
      const made = await cloudflare.request("policies.create", PolicyAnswer, (sdk) =>
        sdk.zeroTrust.access.policies.create({ account_id, ...body(change.desired) }),
      );
      return put(markOwned(policyFrom(made)));
    }
    case "update": {
      const changed = await cloudflare.request("policies.update", PolicyAnswer, (sdk) =>
        sdk.zeroTrust.access.policies.update(change.existing.id, {
          account_id,
          ...body(change.desired),
        }),
      );
      noteReplacement(replacements, change);
      return put(markOwned(policyFrom(changed)));
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

/** Whole, since a PUT replaces: a condition that somebody added goes. */
const body = ({
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

/** Also the usual session: whether the API answers it for a policy that has none of its own is not documented (checked 2026-12). */
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

/** Without what says nothing: the API may answer a field, or a whole rule, that is empty, `{ email: { email: "" } }` (Terraform provider, 2026-11). */
function rulesIn(rules: readonly unknown[] | null | undefined): readonly unknown[] {
  return sortRules((rules ?? []).flatMap((rule) => cleared(rule) ?? []));
}

/** @returns undefined for a rule that had fields and has none but empty ones */
function cleared(rule: unknown): unknown {
  const [[kind, leaf] = ["", undefined]] = Object.entries(Object(rule));
  if (typeof leaf !== "object" || leaf === null || Array.isArray(leaf)) return rule;
  const fields = Object.entries(leaf);
  const said = fields.filter(([, value]) => value !== "" && value !== null);
  if (said.length === fields.length) return rule;
  return said.length === 0 ? undefined : { ...Object(rule), [kind]: Object.fromEntries(said) };
}
