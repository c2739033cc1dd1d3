import { covers } from "../../core/domain/hostname.ts";
import { bySpecificity, type Route } from "../../core/domain/route.ts";
import { desiredRule, placeholderRule, routeOf, withMark } from "./rules.ts";
import type { IngressRuleChange, ObservedIngressRules, RawRule } from "./types.ts";

/**
 * The document with these changes applied. Foreign rules stay unchanged and in their order. Ours
 * come first, the most specific at the top. Our wildcard rules come below the foreign rules that
 * they cover.
 *
 * An exact rule of ours at the top takes no requests from a foreign rule, because cfauth never uses
 * a hostname that a foreign rule has. The version stays unchanged: the API returns the new one.
 */
export function mergeRules(
  observed: ObservedIngressRules,
  changes: readonly IngressRuleChange[],
): ObservedIngressRules {
  const gone = new Set(changes.flatMap(replacedRules).map((rule) => JSON.stringify(rule)));
  const markings = changes.flatMap((change) => ("unmarked" in change ? [change] : []));
  const reroutes = changes.flatMap((change) => ("reroute" in change ? [change] : []));
  const kept = observed.rules
    .filter((rule) => !gone.has(JSON.stringify(rule)))
    .map((rule) => (markings.length === 0 ? rule : addMark(rule, markings)))
    .map((rule) => (reroutes.length === 0 ? rule : applyReroute(rule, reroutes)));
  const added = changes.flatMap((change) => addedRule(change) ?? []);
  const ordered = added.toSorted((a, b) => bySpecificity(b.route, a.route));
  return {
    ...observed,
    rules: ordered.reduce<readonly RawRule[]>(
      (rules, { rule, route }) => insert(rules, rule, route),
      kept,
    ),
  };
}

function replacedRules(change: IngressRuleChange): readonly RawRule[] {
  if ("unmarked" in change || "reroute" in change) return [];
  return [...change.existing, ...(("instead" in change && change.instead) || [])];
}

function addMark(
  rule: RawRule,
  markings: readonly Extract<IngressRuleChange, { readonly unmarked: unknown }>[],
): RawRule {
  const text = JSON.stringify(rule);
  const change = markings.find(({ unmarked }) =>
    unmarked.some((it) => JSON.stringify(it) === text),
  );
  return change === undefined ? rule : withMark(rule, { team: change.team, text: change.mark });
}

function applyReroute(
  rule: RawRule,
  reroutes: readonly Extract<IngressRuleChange, { readonly reroute: unknown }>[],
): RawRule {
  const text = JSON.stringify(rule);
  const change = reroutes.find(({ existing }) =>
    existing.some((it) => JSON.stringify(it) === text),
  );
  return change === undefined ? rule : { ...rule, service: change.reroute };
}

function addedRule(
  change: IngressRuleChange,
): { readonly rule: RawRule; readonly route: Route } | undefined {
  if ("desired" in change)
    return { rule: desiredRule(change.desired), route: change.desired.route };
  return "placeholder" in change
    ? { rule: placeholderRule(change), route: change.placeholder }
    : undefined;
}

/** Inserts the rule before the first one that is less specific or would answer instead of it. */
function insert(rules: readonly RawRule[], rule: RawRule, route: Route): readonly RawRule[] {
  const at = rules.findIndex((other) => belongsBefore(rule, route, other));
  return at === -1 ? [...rules, rule] : [...rules.slice(0, at), rule, ...rules.slice(at)];
}

function belongsBefore(rule: RawRule, route: Route, other: RawRule): boolean {
  if (
    (other.path ?? "") === "" &&
    covers(other.hostname ?? "", rule.hostname ?? "") &&
    other.hostname !== rule.hostname
  )
    return true;
  const otherRoute = routeOf(other);
  if (otherRoute === undefined) return !route.hostname.startsWith("*.");
  return bySpecificity(route, otherRoute) < 0;
}
