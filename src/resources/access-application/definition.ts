import { accessTag } from "../../core/domain/owner.ts";
import type { ObservedAccessPolicies } from "../access-policy/types.ts";
import { type ResourceDefinition, removable, simulateEach } from "../contract/definition.ts";
import { formatValue } from "../contract/format-value.ts";
import { diffAccessApplication } from "./diff.ts";
import { tagCarriers } from "./propose.ts";
import { simulateAccessApplication } from "./simulate.ts";
import type { AccessApplicationChange, ObservedAccessApplications } from "./types.ts";

interface Needs {
  readonly access: ObservedAccessApplications;
  readonly policy: ObservedAccessPolicies;
}

export const accessApplication: ResourceDefinition<
  ObservedAccessApplications,
  AccessApplicationChange,
  Needs
> = {
  kind: "access",
  service: () => "cloudflare",
  actions: ["create", "update", "delete"],
  perRoute: true,
  batched: false,
  label: ({ key }) => (key === "tag" || key === "tag-gone" ? "Access tag" : "Access application"),
  summarise: (_change, after) =>
    after["policies"] === undefined
      ? ""
      : `${formatValue(after["policies"])} · ${formatValue(after["session"])}`,
  diff: (change, { policy }) => diffAccessApplication(change, policy),
  simulate: simulateEach(simulateAccessApplication),
  countForeign: ({ access }) => access.theirs.length,
  listOwned({ access }, owner) {
    const routes = [...access.mine.keys(), ...access.duplicates.map(({ route }) => route)];
    const [carrier] = tagCarriers(owner, access);
    const tag = {
      what: `Access tag ${accessTag(owner)}`,
      why: carrier && `the Access application "${carrier.name}" carries it`,
    };
    return [
      ...routes.map((route) => removable(`Access application ${route}`)),
      ...(access.tagged ? [tag] : []),
    ];
  },
};
