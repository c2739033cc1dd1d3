import { covers } from "../../core/domain/hostname.ts";
import { parseRouteKey, type Route } from "../../core/domain/route.ts";
import type { GarbageCollector } from "../../core/plan/resource.ts";
import type { DesiredState } from "../../core/plan/types.ts";
import { teamOf } from "../login/team.ts";
import type { ObservedLogin } from "../login/types.ts";
import {
  isMarked,
  isOwnedRule,
  loginCheckOf,
  type OwnershipEvidence,
  routeOf,
  ruleOf,
} from "./rules.ts";
import type { IngressRuleChange, ObservedIngressRules, RawRule } from "./types.ts";

type Needs = OwnershipEvidence & {
  readonly ingress: Pick<ObservedIngressRules, "takesMark">;
  readonly login: Pick<ObservedLogin, "teamDomain">;
};

/**
 * Adds the mark to rules that an earlier version wrote, if the document is written anyway: the mark
 * alone is no reason to write. Rules that the planned changes replace get the mark from those
 * changes.
 *
 * @param due - the changes that are planned anyway
 */
export function markUnmarkedRules(
  due: readonly { readonly kind: string }[],
  observed: Needs,
): IngressRuleChange | undefined {
  if (!observed.ingress.takesMark || !due.some(({ kind }) => kind === "ingress")) return undefined;
  const replaced = new Set(
    due.flatMap((change) =>
      "existing" in change && Array.isArray(change.existing) ? change.existing : [],
    ),
  );
  const { mark, rules } = observed.ingress;
  const unmarked = rules.filter(
    (rule) => !isMarked(rule, mark) && isOwnedRule(rule, observed) && !replaced.has(rule),
  );
  if (unmarked.length === 0) return undefined;
  const team = teamOf(observed.login.teamDomain);
  return {
    kind: "ingress",
    action: "update",
    key: "ingress marks",
    subject: mark,
    unmarked,
    mark,
    team,
  };
}

/**
 * Removes rules with our mark that belong to no route: a path that was changed by hand, or a second
 * rule for the same route. A rule that checks a login stays while a restricted route near it has no
 * rule yet, because a wider rule would answer instead.
 */
export const collectStrayRules: GarbageCollector<OwnershipEvidence, IngressRuleChange> = (
  observed,
  desired,
) => {
  const marked = observed.ingress.rules.filter((rule) => isMarked(rule, observed.ingress.mark));
  return marked
    .filter((rule) => isStray(rule, observed) && !isGuard(rule, observed, desired))
    .map(removalOf);
};

function isStray(rule: RawRule, observed: OwnershipEvidence): boolean {
  const route = routeOf(rule);
  return route === undefined || ruleOf(observed, route) !== rule;
}

function isGuard(rule: RawRule, observed: OwnershipEvidence, desired: DesiredState): boolean {
  if (loginCheckOf(rule)?.required !== true) return false;
  const isNear = ({ hostname }: Route) =>
    covers(rule.hostname ?? "", hostname) || covers(hostname, rule.hostname ?? "");
  const isFrozen = [...desired.frozen].some((key) => {
    const route = parseRouteKey(key);
    return route !== undefined && isNear(route);
  });
  return (
    isFrozen ||
    desired.protectedRoutes.some(
      ({ route }) => isNear(route) && ruleOf(observed, route) === undefined,
    )
  );
}

const removalOf = (rule: RawRule): IngressRuleChange => {
  const subject = `rule ${rule.hostname ?? "*"}${rule.path ?? ""}`;
  return {
    kind: "ingress",
    action: "delete",
    key: `ingress ${subject} ${rule.service}`,
    subject,
    existing: [rule],
  };
};
