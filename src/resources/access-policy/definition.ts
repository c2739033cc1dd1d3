import type { ObservedAccessApplications } from "../access-application/types.ts";
import { type ResourceDefinition, simulateEach } from "../contract/definition.ts";
import { diffAccessPolicy } from "./diff.ts";
import { simulateAccessPolicy } from "./simulate.ts";
import type { AccessPolicyChange, ObservedAccessPolicies } from "./types.ts";

interface Needs {
  readonly policy: ObservedAccessPolicies;
  readonly access: Pick<ObservedAccessApplications, "linked">;
}

export const accessPolicy: ResourceDefinition<ObservedAccessPolicies, AccessPolicyChange, Needs> = {
  kind: "policy",
  service: () => "cloudflare",
  actions: ["create", "update", "delete"],
  perRoute: false,
  batched: false,
  label: () => "Access policy",
  summarise: () => "",
  diff: diffAccessPolicy,
  simulate: simulateEach(simulateAccessPolicy),
  countForeign: ({ policy }) => policy.theirs.length,
  listOwned({ policy, access }) {
    const used = new Set(access.linked);
    return policy.mine.map(({ name, id }) => ({
      what: `Access policy ${name}`,
      why: used.has(id) ? "an Access application that is not cfauth's uses it" : undefined,
    }));
  },
};
