import { parseService } from "../../core/domain/service-url.ts";
import { isOwnedRule } from "../ingress-rule/rules.ts";
import type { ObservedState } from "../observed.ts";

/** The hosts that our rules lead to, each once: `app.tunnel`. Empty while nothing is known. */
export function routedHosts(observed: ObservedState | undefined): readonly string[] {
  if (observed === undefined) return [];
  const hosts = observed.ingress.rules
    .filter((rule) => isOwnedRule(rule, observed))
    .flatMap(({ service }) => parseService(service)?.host ?? []);
  return [...new Set(hosts)].toSorted();
}
