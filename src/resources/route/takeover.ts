import type { Exposure } from "../../core/domain/exposure.ts";
import type { Owner } from "../../core/domain/owner.ts";
import { type Route, routeKey } from "../../core/domain/route.ts";
import { canReleaseDestination, foreignApplicationAt } from "../access-application/application.ts";
import type { AccessApplicationChange, ForeignApplication } from "../access-application/types.ts";
import { replaceForeignRecord } from "../dns-record/propose.ts";
import type { DnsRecordChange } from "../dns-record/types.ts";
import { replaceForeignRules } from "../ingress-rule/propose.ts";
import { foreignOn, isExactlyFor, isPlaceholderRule, ruleOf } from "../ingress-rule/rules.ts";
import type { IngressRuleChange } from "../ingress-rule/types.ts";
import type { ObservedState } from "../observed.ts";

/**
 * Takes over foreign objects of a route, one step at a time. Each step is safe by itself.
 *
 * | foreign object left       | next step                                                         |
 * |---------------------------|-------------------------------------------------------------------|
 * | a rule, or an application | our placeholder rule replaces it; wait until cloudflared runs it  |
 * | a DNS record              | our record replaces it: the hostname leads to the placeholder     |
 * |                           | rule                                                              |
 * | an application            | remove the hostname from it; delete it if it protects nothing     |
 * |                           | else                                                              |
 *
 * Only then does the route open like any other. So nobody ever sees the old service under the new
 * protection, or without any, however late the edges are. The price is a pause of a few seconds. An
 * application that also protects other destinations still protects them.
 *
 * @returns undefined if one of the objects cannot be taken over; then nothing is changed
 */
export const planTakeover =
  (owner: Owner) =>
  (
    route: Route,
    _exposure: Exposure,
    observed: ObservedState,
  ): AccessApplicationChange | IngressRuleChange | DnsRecordChange | undefined => {
    const rules = foreignOn(observed, route.hostname);
    const application = foreignApplicationAt(observed.access, route);
    const records = observed.dns.mine.has(route.hostname)
      ? undefined
      : observed.dns.theirs.get(route.hostname);
    const record = records && replaceForeignRecord(owner, route.hostname, observed);
    const isBlocked =
      !rules.every((rule) => isExactlyFor(rule, route)) ||
      (application && !canReleaseDestination(application, routeKey(route))) ||
      (records && !record);
    if (isBlocked) return undefined;
    const rule = ruleOf(observed, route);
    const hasPlaceholder = rule !== undefined && isPlaceholderRule(rule, observed.ingress.mark);
    const needsPlaceholder = rules.length > 0 || application !== undefined;
    if (needsPlaceholder && !(hasPlaceholder && observed.ingress.propagated))
      return replaceForeignRules(route, rules, observed);
    return record ?? (application && releaseDestination(application, route));
  };

function releaseDestination(foreign: ForeignApplication, route: Route): AccessApplicationChange {
  const place = routeKey(route);
  const others = foreign.destinations.filter((it) => it !== place);
  return {
    kind: "access",
    action: others.length === 0 ? "delete" : "update",
    key: `access ${place} ${foreign.id}`,
    subject: place,
    foreign,
    place,
    takes: `the Access application "${foreign.name}"${others.length === 0 ? "" : `, which still protects ${others.join(", ")}`}`,
  };
}
