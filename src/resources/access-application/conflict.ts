import type { Exposure } from "../../core/domain/exposure.ts";
import type { Problem } from "../../core/domain/problem.ts";
import { routeKey } from "../../core/domain/route.ts";
import type { Diagnostic } from "../../core/plan/resource.ts";
import { isPlaceholderRule, type OwnershipEvidence, ruleOf } from "../ingress-rule/rules.ts";
import { foreignApplicationAt, hasPrivateDestination } from "./application.ts";
import { type Covering, foreignApplicationsCovering } from "./covering.ts";
import type { ForeignApplication, ObservedAccessApplications } from "./types.ts";

type Needs = OwnershipEvidence & {
  readonly access: Pick<ObservedAccessApplications, "mine" | "theirs" | "replaced">;
};

/**
 * Whether a foreign application prevents this route.
 *
 * A foreign application for a parent path or a wildcard is never changed. With the label adopt,
 * ours is created inside it. Authentik's own hostname needs no label, because AUTHENTIK_URL names
 * it: nobody could log in if it were behind a login.
 *
 * A rule of ours shows that the route was open before: its application is only being replaced. A
 * placeholder rule shows nothing, because a route that was never open can have one too.
 */
export function applicationConflict(exposure: Exposure, observed: Needs): Problem | undefined {
  const sameDestination = foreignApplicationAt(observed.access, exposure.route);
  if (sameDestination !== undefined) return conflictProblem(exposure, sameDestination);
  if (exposure.adopt || exposure.protection.kind === "login" || wasOpen(exposure, observed))
    return undefined;
  const covering = foreignApplicationsCovering(observed.access, exposure.route);
  return covering && coveredProblem(exposure, covering);
}

function wasOpen({ route }: Exposure, observed: Needs): boolean {
  const rule = ruleOf(observed, route);
  if (rule !== undefined && !isPlaceholderRule(rule, observed.ingress.mark)) return true;
  return rule !== undefined && observed.access.replaced?.has(routeKey(route)) === true;
}

/**
 * Reported as long as a foreign application covers an open route of ours. Ours is more specific, so
 * it decides there.
 */
export const diagnoseOverruledApplications: Diagnostic<{
  readonly access: Pick<ObservedAccessApplications, "mine" | "theirs">;
}> = ({ access }, { exposures }) =>
  [...exposures.values()].flatMap((exposure) => {
    const isIntended =
      exposure.adopt ||
      exposure.protection.kind === "login" ||
      !access.mine.has(routeKey(exposure.route));
    const covering = isIntended
      ? undefined
      : foreignApplicationsCovering({ ...access, mine: new Map() }, exposure.route);
    return covering === undefined ? [] : [overruledProblem(exposure, covering)];
  });

const overruledProblem = (exposure: Exposure, { application, place }: Covering): Problem => ({
  code: "CFA-CONFLICT-ACCESS",
  severity: "warning",
  container: exposure.workload,
  label: exposure.label,
  route: routeKey(exposure.route),
  message: `the Access application "${application.name}" (${place}), which is not cfauth's, also covers ${routeKey(exposure.route)}: cfauth's own is more specific and decides who enters`,
  about: "",
  effect: "unchanged",
  fix: `${exposure.adoptHint} if that is intended, or choose another hostname`,
});

const coveredProblem = (exposure: Exposure, { application, place }: Covering): Problem => ({
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

const conflictProblem = (exposure: Exposure, foreign: ForeignApplication): Problem => ({
  code: "CFA-CONFLICT-ACCESS",
  severity: "error",
  container: exposure.workload,
  label: exposure.label,
  route: routeKey(exposure.route),
  message: `the Access application "${foreign.name}" covers ${routeKey(exposure.route)} and is not cfauth's`,
  about: "",
  effect: "closed",
  fix: exposure.adopt
    ? notAdoptableFix(exposure, foreign)
    : `delete it under Zero Trust → Access → Applications, ${exposure.adoptHint} to take it over, or choose another hostname`,
});

const notAdoptableFix = ({ route }: Exposure, foreign: ForeignApplication): string =>
  foreign.type === "self_hosted" && hasPrivateDestination(foreign)
    ? `it cannot be taken over, because it also protects something without a public hostname: remove ${routeKey(route)} from it under Zero Trust → Access → Applications`
    : "an application of this type cannot be taken over: delete it under Zero Trust → Access → Applications";
