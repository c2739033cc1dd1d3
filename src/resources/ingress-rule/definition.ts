import { type ResourceDefinition, removable } from "../contract/definition.ts";
import type { Fields } from "../contract/diff.ts";
import { formatValue } from "../contract/format-value.ts";
import { diffIngressRule } from "./diff.ts";
import { isOwnedRule, type OwnershipEvidence } from "./rules.ts";
import { simulateIngressRules } from "./simulate.ts";
import type { IngressRuleChange, ObservedIngressRules } from "./types.ts";

type Needs = OwnershipEvidence & { readonly ingress: ObservedIngressRules };

export const ingressRule: ResourceDefinition<ObservedIngressRules, IngressRuleChange, Needs> = {
  kind: "ingress",
  service: () => "cloudflare",
  actions: ["create", "update", "delete"],
  perRoute: true,
  batched: true,
  label: () => "ingress rule",
  summarise: (_change, after) =>
    [`→ ${formatValue(after["service"])}`, loginOf(after), optionsOf(after)]
      .filter((it) => it !== "")
      .join(" · "),
  diff: diffIngressRule,
  simulate: simulateIngressRules,
  countForeign: (observed) =>
    observed.ingress.rules.filter((rule) => !isOwnedRule(rule, observed)).length,
  listOwned: (observed) =>
    observed.ingress.rules
      .filter((rule) => isOwnedRule(rule, observed))
      .map(({ hostname, path }) => removable(`ingress rule ${hostname}${path ?? ""}`)),
};

function loginOf(after: Fields): string {
  if (after["login"] !== "required") return "no login";
  const tag = String(after["aud"]);
  return tag.startsWith("(") ? `login required, for ${tag}` : "login required";
}

const optionsOf = (after: Fields): string =>
  Object.keys(after)
    .filter((name) => name.startsWith("origin."))
    .map((name) => `${name.slice("origin.".length)} ${formatValue(after[name])}`)
    .join(", ");
