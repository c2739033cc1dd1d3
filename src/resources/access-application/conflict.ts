import type { Exposure } from "../../core/domain/exposure.ts";
import type { Problem } from "../../core/domain/problem.ts";
import { routeKey } from "../../core/domain/route.ts";
import type { Diagnostic } from "../../core/plan/resource.ts";
import { isPlaceholderRule, type OwnershipEvidence, ruleOf } from "../ingress-rule/rules.ts";
import { foreignApplicationAt, guardsPrivately } from "./application.ts";
import { type Covering, foreignApplicationsCovering } from "./covering.ts";
import type { ForeignApplication, ObservedAccessApplications } from "./types.ts";

type Needs = OwnershipEvidence & { readonly access: Pick<ObservedAccessApplications, "mine" | "theirs" | "replaced"> };

/**
 * What a foreign application at the route, or around it, forbids. One around it is never changed: with the label adopt ours is
 * made on top of it. Authentik's own hostname needs no label, because AUTHENTIK_URL names it: behind a login no one could log in.
 * A rule of ours shows that the route was open before: its application is only being replaced. A rule that lets nobody in shows
 * nothing, because it keeps its place for a route that was never open as well.
 */
export function applicationConflict(wish: Exposure, world: Needs): Problem | undefined {
  const exact = foreignApplicationAt(world.access, wish.route);
  if (exact !== undefined) return taken(wish, exact);
  if (wish.adopt || wish.protection.kind === "login" || wasOpen(wish, world)) return undefined;
  const around = foreignApplicationsCovering(world.access, wish.route);
  return around && covered(wish, around);
}

function wasOpen({ route }: Exposure, world: Needs): boolean {
  const rule = ruleOf(world, route);
  if (rule !== undefined && !isPlaceholderRule(rule, world.ingress.mark)) return true;
  return rule !== undefined && world.access.replaced?.has(routeKey(route)) === true;
}

/** Reported as long as a foreign application is around an open route of ours: ours is more specific, so it decides there. */
export const diagnoseOverruledApplications: Diagnostic<{ readonly access: Pick<ObservedAccessApplications, "mine" | "theirs"> }> = (
  { access },
  { wishes },
) =>
  [...wishes.values()].flatMap((wish) => {
    const asked = wish.adopt || wish.protection.kind === "login" || !access.mine.has(routeKey(wish.route));
    const around = asked ? undefined : foreignApplicationsCovering({ ...access, mine: new Map() }, wish.route);
    return around === undefined ? [] : [overruled(wish, around)];
  });

const overruled = (wish: Exposure, { application, place }: Covering): Problem => ({
  code: "CFA-CONFLICT-ACCESS",
  severity: "warning",
  container: wish.workload,
  label: wish.label,
  route: routeKey(wish.route),
  message: `the Access application "${application.name}" (${place}), which is not cfauth's, covers ${routeKey(wish.route)} as well: cfauth's own is more specific and decides who enters`,
  about: "",
  effect: "unchanged",
  fix: `${wish.adopting} if that is wanted, or choose another hostname`,
});

const covered = (wish: Exposure, { application, place }: Covering): Problem => ({
  code: "CFA-CONFLICT-ACCESS",
  severity: "error",
  container: wish.workload,
  label: wish.label,
  route: routeKey(wish.route),
  message: `the Access application "${application.name}" (${place}) protects ${routeKey(wish.route)} and is not cfauth's: a route there would make a hole in its protection`,
  about: "",
  effect: "closed",
  fix: `${wish.adopting} to let cfauth decide who enters there (the application stays as it is), or choose another hostname`,
});

const taken = (wish: Exposure, foreign: ForeignApplication): Problem => ({
  code: "CFA-CONFLICT-ACCESS",
  severity: "error",
  container: wish.workload,
  label: wish.label,
  route: routeKey(wish.route),
  message: `the Access application "${foreign.name}" covers ${routeKey(wish.route)} and is not cfauth's`,
  about: "",
  effect: "closed",
  fix: wish.adopt
    ? stuck(wish, foreign)
    : `delete it under Zero Trust → Access → Applications, ${wish.adopting} to take it over, or choose another hostname`,
});

const stuck = ({ route }: Exposure, foreign: ForeignApplication): string =>
  foreign.type === "self_hosted" && guardsPrivately(foreign)
    ? `it guards something without a public hostname as well and cannot be taken over: take ${routeKey(route)} out of it under Zero Trust → Access → Applications`
    : "it is of a kind that cannot be taken over: delete it under Zero Trust → Access → Applications";
