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
 * Whether an Access application stands before Authentik itself: to log in one would have to be logged in. The most specific
 * application decides, as at Cloudflare's edge, where a wildcard stands for one label.
 */
export const diagnoseLoginBehindAccess: Diagnostic<Needs> = (observed, desired) => {
  const { hostname, path: prefix } = addressOf(observed.login.settings);
  // Access asks for it whenever somebody logs in.
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
    .filter(({ place }) => stands(place, hostname, path))
    .toSorted((a, b) => weight(b.place) - weight(a.place));
  if (decides === undefined || decides.open) return [];
  return [
    decides.mine ? around(decides.place as RouteKey, hostname, desired) : behind(decides, hostname),
  ];
};

/** Whether the application's visitors pass without a login: its rule does not check one. */
function isOpen(observed: Needs, key: RouteKey): boolean {
  const route = parseRouteKey(key);
  const rule = route && ruleOf(observed, route);
  return rule !== undefined && loginCheckOf(rule) === undefined;
}

function stands(place: string, hostname: string, path: string): boolean {
  const [host = "", ...rest] = place.split("/");
  const pattern = new RegExp(`^${host.split("*").map(literal).join("[^.]*")}$`);
  const prefix = rest.length === 0 ? "" : `/${rest.join("/")}`;
  const below = new RegExp(`^${prefix.split("*").map(literal).join(".*")}(/.*)?$`);
  return pattern.test(hostname) && below.test(path);
}

const literal = (text: string): string => text.replace(/[\\^$.|?+()[\]{}]/g, "\\$&");

/** Exact host before wildcard, longer host before shorter, then the longer path. */
function weight(place: string): number {
  const [host = ""] = place.split("/");
  return (
    (host.includes("*") ? 0 : 1_000_000) +
    host.length * 1_000 +
    Math.min(place.length - host.length, 999)
  );
}

const behind = (
  { name, place }: { readonly name: string; readonly place: string },
  hostname: string,
): Problem => ({
  code: "CFA-AK-BEHIND-ACCESS",
  severity: "error",
  container: undefined,
  label: undefined,
  route: undefined,
  message: `the Access application "${name}" (${place}), which is not cfauth's, stands before ${hostname}, Authentik itself: to log in one would have to be logged in`,
  about: hostname,
  effect: "unchanged",
  fix: `give Authentik's container the label hostname: ${hostname} (cfauth keeps it open by itself), or add an Access application for ${hostname} with a Bypass policy`,
});

function around(
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
