import type { Problem } from "../../core/domain/problem.ts";
import { parseRouteKey, type RouteKey, routeKey } from "../../core/domain/route.ts";
import type { Diagnostic } from "../../core/plan/resource.ts";
import { loginCheckOf, type OwnershipEvidence, ruleOf } from "../ingress-rule/rules.ts";
import { addressOf } from "../login/address.ts";
import type { ObservedLogin } from "../login/types.ts";
import type { ObservedAccessApplications } from "./types.ts";

type Needs = OwnershipEvidence & {
  readonly access: ObservedAccessApplications;
  readonly login: Pick<ObservedLogin, "settings">;
};

/**
 * Reports an Access application that protects Authentik itself: logging in would require a login.
 * As at Cloudflare's edge, the most specific application decides, and a wildcard matches one label.
 */
export const diagnoseLoginBehindAccess: Diagnostic<Needs> = (observed, desired) => {
  const { hostname, path: prefix } = addressOf(observed.login.settings);
  // Access calls it whenever someone logs in.
  const path = `${prefix}/application/o/token/`;
  const ours = [...observed.access.mine.values()].map((it) => ({
    place: it.route as string,
    name: it.name,
    mine: true,
    open: isOpen(observed, it.route),
  }));
  const theirs = observed.access.theirs
    .filter(({ type }) => type === "self_hosted")
    .flatMap(({ destinations, name, bypasses }) =>
      destinations.map((place) => ({ place, name, mine: false, open: bypasses })),
    );
  const [decides] = [...ours, ...theirs]
    .filter(({ place }) => covers(place, hostname, path))
    .toSorted((a, b) => specificity(b.place) - specificity(a.place));
  if (decides === undefined || decides.open) return [];
  return [
    decides.mine
      ? ownApplicationProblem(decides.place as RouteKey, hostname, desired)
      : foreignApplicationProblem(decides, hostname),
  ];
};

/**
 * Whether visitors pass without a login: the rule of the application's route does not check one.
 */
function isOpen(observed: Needs, key: RouteKey): boolean {
  const route = parseRouteKey(key);
  const rule = route && ruleOf(observed, route);
  return rule !== undefined && loginCheckOf(rule) === undefined;
}

function covers(place: string, hostname: string, path: string): boolean {
  const [host = "", ...rest] = place.split("/");
  const pattern = new RegExp(`^${host.split("*").map(escapeRegExp).join("[^.]*")}$`);
  const prefix = rest.length === 0 ? "" : `/${rest.join("/")}`;
  const below = new RegExp(`^${prefix.split("*").map(escapeRegExp).join(".*")}(/.*)?$`);
  return pattern.test(hostname) && below.test(path);
}

const escapeRegExp = (text: string): string => text.replace(/[\\^$.|?+()[\]{}]/g, "\\$&");

/** Exact host before wildcard, longer host before shorter, then the longer path. */
function specificity(place: string): number {
  const [host = ""] = place.split("/");
  return (
    (host.includes("*") ? 0 : 1_000_000) +
    host.length * 1_000 +
    Math.min(place.length - host.length, 999)
  );
}

const foreignApplicationProblem = (
  { name, place }: { readonly name: string; readonly place: string },
  hostname: string,
): Problem => ({
  code: "CFA-AK-BEHIND-ACCESS",
  severity: "error",
  container: undefined,
  label: undefined,
  route: undefined,
  message: `the Access application "${name}" (${place}), which is not cfauth's, protects ${hostname}, Authentik itself: logging in would require a login`,
  about: hostname,
  effect: "unchanged",
  fix: `give Authentik's container the label hostname: ${hostname} (cfauth keeps it open by itself), or add an Access application for ${hostname} with a Bypass policy`,
});

function ownApplicationProblem(
  key: RouteKey,
  hostname: string,
  desired: Parameters<Diagnostic<Needs>>[1],
): Problem {
  const exposure = desired.exposures.get(key);
  return {
    code: "CFA-AK-OWN-HOST",
    severity: "warning",
    container: exposure?.workload,
    label: exposure?.label,
    route: exposure && routeKey(exposure.route),
    message: `${key} covers ${hostname}, Authentik itself: behind its own login nobody could log in`,
    effect: "unchanged",
    fix: `give Authentik's container the label hostname: ${hostname} (cfauth keeps it open by itself), or add an Access application for ${hostname} with a Bypass policy`,
  };
}
