import type { Exposure } from "../../core/domain/exposure.ts";
import type { Problem } from "../../core/domain/problem.ts";
import { routeKey } from "../../core/domain/route.ts";
import type { Diagnostic } from "../../core/plan/resource.ts";
import { isPlaceholderRule, type OwnershipEvidence, ruleOf } from "../ingress-rule/rules.ts";
import { foreignApplicationAt, guardsPrivately } from "./application.ts";
import { type Covering, foreignApplicationsCovering } from "./covering.ts";
import type { ForeignApplication, ObservedAccessApplications } from "./types.ts";

type Needs = OwnershipEvidence & {
  readonly access: Pick<ObservedAccessApplications, "mine" | "theirs" | "replaced">;
};

/**
 * What a foreign application at the route, or around it, forbids. One around it is never changed: with the label adopt ours is
 * made on top of it. Authentik's own hostname needs no label, because AUTHENTIK_URL names it: behind a login no one could log in.
 * A rule of ours shows that the route was open before: its application is only being replaced. A rule that lets nobody in shows
 * nothing, because it keeps its place for a route that was never open as well.
 */
export function applicationConflict(exposure: Exposure, observed: Needs): Problem | undefined {
  const exact = foreignApplicationAt(observed.access, exposure.route);
  if (exact !== undefined) return taken(exposure, exact);
  if (exposure.adopt || exposure.protection.kind === "login" || wasOpen(exposure, observed))
    return undefined;
  const around = foreignApplicationsCovering(observed.access, exposure.route);
  return around && covered(exposure, around);
}

function wasOpen({ route }: Exposure, observed: Needs): boolean {
  const rule = ruleOf(observed, route);
  if (rule !== undefined && !isPlaceholderRule(rule, observed.ingress.mark)) return true;
  return rule !== undefined && observed.access.replaced?.has(routeKey(route)) === true;
}

/** Reported as long as a foreign application is around an open route of ours: ours is more specific, so it decides there. */
export const diagnoseOverruledApplications: Diagnostic<{
  readonly access: Pick<ObservedAccessApplications, "mine" | "theirs">;
}> = ({ access }, { exposures }) =>
  [...exposures.values()].flatMap((exposure) => {
    const asked =
      exposure.adopt ||
      exposure.protection.kind === "login" ||
      !access.mine.has(routeKey(exposure.route));
    const around = asked
      ? undefined
      : foreignApplicationsCovering({ ...access, mine: new Map() }, exposure.route);
    return around === undefined ? [] : [overruled(exposure, around)];
  });

const overruled = (exposure: Exposure, { application, place }: Covering): Problem => ({
  code: "CFA-CONFLICT-ACCESS",
  severity: "warning",
  container: exposure.workload,
  label: exposure.label,
  route: routeKey(exposure.route),
  message: `the Access application "${application.name}" (${place}), which is not cfauth's, covers ${routeKey(exposure.route)} as well: cfauth's own is more specific and decides who enters`,
  about: "",
  effect: "unchanged",
  fix: `${exposure.adoptHint} if that is wanted, or choose another hostname`,
});

const covered = (exposure: Exposure, { application, place }: Covering): Problem => ({
  code: "CFA-CONFLICT-ACCESS",
  severity: "error",
  container: exposure.workload,
  label: exposure.label,
  route: routeKey(exposure.route),
  message: `the Access application "${application.name}" (${place}) protects ${routeKey(exposure.route)} and is not cfauth's: a route there would make a hole in its protection`,
  about: "",
  effect: "closed",
  fix: `${exposure.adoptHint} to let cfauth decide who enters there (the application stays as it is), or choose another hostname`,
});

const taken = (exposure: Exposure, foreign: ForeignApplication): Problem => ({
  code: "CFA-CONFLICT-ACCESS",
  severity: "error",
  container: exposure.workload,
  label: exposure.label,
  route: routeKey(exposure.route),
  message: `the Access application "${foreign.name}" covers ${routeKey(exposure.route)} and is not cfauth's`,
  about: "",
  effect: "closed",
  fix: exposure.adopt
    ? stuck(exposure, foreign)
    : `delete it under Zero Trust → Access → Applications, ${exposure.adoptHint} to take it over, or choose another hostname`,
});

const stuck = ({ route }: Exposure, foreign: ForeignApplication): string =>
  foreign.type === "self_hosted" && guardsPrivately(foreign)
    ? `it guards something without a public hostname as well and cannot be taken over: take ${routeKey(route)} out of it under Zero Trust → Access → Applications`
    : "it is of a kind that cannot be taken over: delete it under Zero Trust → Access → Applications";
