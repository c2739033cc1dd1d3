import type { Exposure } from "../../core/domain/exposure.ts";
import type { Owner } from "../../core/domain/owner.ts";
import { type Route, routeKey } from "../../core/domain/route.ts";
import { canReleaseDestination, foreignApplicationAt } from "../access-application/application.ts";
import type { AccessApplicationChange, ForeignApplication } from "../access-application/types.ts";
import { replaceForeignRecord as takeRecord } from "../dns-record/propose.ts";
import type { DnsRecordChange } from "../dns-record/types.ts";
import { replaceForeignRules as takeRule } from "../ingress-rule/propose.ts";
import { foreignOn, isExactlyFor, isPlaceholderRule, ruleOf } from "../ingress-rule/rules.ts";
import type { IngressRuleChange } from "../ingress-rule/types.ts";
import type { ObservedState } from "../observed.ts";

/**
 * Taking over what others made at a route, one step at a time, each safe by itself:
 *
 * | still there                | then                                                                    |
 * |----------------------------|-------------------------------------------------------------------------|
 * | a rule, or an application  | a rule of ours that lets nobody in takes the place; cloudflared runs on it |
 * | a DNS record               | one of ours takes its place: the hostname leads to that rule            |
 * | an application             | the hostname is taken out of it; it goes where it guards nothing else   |
 *
 * Only then is the route opened like any other. So what the old rule showed is never seen under the new protection, nor
 * without any, however late the edges are; the price is a pause of a few seconds. An application that guards other places too
 * goes on guarding them.
 *
 * @returns undefined where something there cannot be taken over: then nothing is begun
 */
export const planTakeover =
  (owner: Owner) =>
  (
    route: Route,
    _wish: Exposure,
    observed: ObservedState,
  ): AccessApplicationChange | IngressRuleChange | DnsRecordChange | undefined => {
    const rules = foreignOn(observed, route.hostname);
    const application = foreignApplicationAt(observed.access, route);
    const records = observed.dns.mine.has(route.hostname)
      ? undefined
      : observed.dns.theirs.get(route.hostname);
    const record = records && takeRecord(owner, route.hostname, observed);
    const stuck =
      !rules.every((rule) => isExactlyFor(rule, route)) ||
      (application && !canReleaseDestination(application, routeKey(route))) ||
      (records && !record);
    if (stuck) return undefined;
    const rule = ruleOf(observed, route);
    const shut = rule !== undefined && isPlaceholderRule(rule, observed.ingress.mark);
    const guarded = rules.length > 0 || application !== undefined;
    if (guarded && !(shut && observed.ingress.propagated)) return takeRule(route, rules, observed);
    return record ?? (application && release(application, route));
  };

function release(foreign: ForeignApplication, route: Route): AccessApplicationChange {
  const place = routeKey(route);
  const others = foreign.destinations.filter((it) => it !== place);
  return {
    kind: "access",
    action: others.length === 0 ? "delete" : "update",
    key: `access ${place} ${foreign.id}`,
    subject: place,
    foreign,
    place,
    takes: `the Access application "${foreign.name}"${others.length === 0 ? "" : `, which goes on guarding ${others.join(", ")}`}`,
  };
}
