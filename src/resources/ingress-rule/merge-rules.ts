import { covers } from "../../core/domain/hostname.ts";
import { bySpecificity, type Route } from "../../core/domain/route.ts";
import { desiredRule, placeholderRule, routeOf, withMark } from "./rules.ts";
import type { IngressRuleChange, ObservedIngressRules, RawRule } from "./types.ts";

/**
 * The document with these changes in it. Rules of others stay as they are and in their order among themselves; ours come
 * first, the most specific at the top, except wildcards: those stand below what others have under them.
 *
 * An exact rule of ours at the top takes nothing from anybody, since a hostname that somebody else has in the document is
 * never taken. The version is left as it was: the answer of the API brings the new one.
 */
export function mergeRules(
  observed: ObservedIngressRules,
  changes: readonly IngressRuleChange[],
): ObservedIngressRules {
  const gone = new Set(changes.flatMap(replaced).map((rule) => JSON.stringify(rule)));
  const marking = changes.flatMap((change) => ("unmarked" in change ? [change] : []));
  const rerouting = changes.flatMap((change) => ("reroute" in change ? [change] : []));
  const kept = observed.rules
    .filter((rule) => !gone.has(JSON.stringify(rule)))
    .map((rule) => (marking.length === 0 ? rule : marked(rule, marking)))
    .map((rule) => (rerouting.length === 0 ? rule : rerouted(rule, rerouting)));
  const made = changes.flatMap((change) => madeBy(change) ?? []);
  const ordered = made.toSorted((a, b) => bySpecificity(b.route, a.route));
  return {
    ...observed,
    rules: ordered.reduce<readonly RawRule[]>(
      (rules, { rule, route }) => place(rules, rule, route),
      kept,
    ),
  };
}

function replaced(change: IngressRuleChange): readonly RawRule[] {
  if ("unmarked" in change || "reroute" in change) return [];
  return [...change.existing, ...(("instead" in change && change.instead) || [])];
}

function marked(
  rule: RawRule,
  marking: readonly Extract<IngressRuleChange, { readonly unmarked: unknown }>[],
): RawRule {
  const text = JSON.stringify(rule);
  const change = marking.find(({ unmarked }) => unmarked.some((it) => JSON.stringify(it) === text));
  return change === undefined ? rule : withMark(rule, { team: change.team, text: change.mark });
}

function rerouted(
  rule: RawRule,
  rerouting: readonly Extract<IngressRuleChange, { readonly reroute: unknown }>[],
): RawRule {
  const text = JSON.stringify(rule);
  const change = rerouting.find(({ existing }) =>
    existing.some((it) => JSON.stringify(it) === text),
  );
  return change === undefined ? rule : { ...rule, service: change.reroute };
}

function madeBy(
  change: IngressRuleChange,
): { readonly rule: RawRule; readonly route: Route } | undefined {
  if ("desired" in change)
    return { rule: desiredRule(change.desired), route: change.desired.route };
  return "placeholder" in change
    ? { rule: placeholderRule(change), route: change.placeholder }
    : undefined;
}

/** Before the first rule that is less specific; a wildcard also before the first that would answer for it, but no higher than that. */
function place(rules: readonly RawRule[], rule: RawRule, route: Route): readonly RawRule[] {
  const at = rules.findIndex((other) => after(rule, route, other));
  return at === -1 ? [...rules, rule] : [...rules.slice(0, at), rule, ...rules.slice(at)];
}

function after(rule: RawRule, route: Route, other: RawRule): boolean {
  if (
    (other.path ?? "") === "" &&
    covers(other.hostname ?? "", rule.hostname ?? "") &&
    other.hostname !== rule.hostname
  )
    return true;
  const place = routeOf(other);
  if (place === undefined) return !route.hostname.startsWith("*.");
  return bySpecificity(route, place) < 0;
}
