import type { Hostname } from "../domain/hostname.ts";
import { describeParty, isSharedWith, type Party, shareName } from "../domain/party.ts";
import type { Problem } from "../domain/problem.ts";
import type { Holder } from "./holder.ts";
import { waitForHolder } from "./rivals.ts";
import { byPrecedence, type RouteRequest } from "./route-requests.ts";
import { isDeployed, type RoutePlace } from "./tenure.ts";
import type { PendingRoute } from "./types.ts";

/** Which claims count, after each hostname's holder has been asked. */
export interface AdmittedRequests {
  /** With the claims that count, the one to come first at the front. */
  readonly places: readonly RoutePlace[];
  readonly waiting: readonly PendingRoute[];
  /** When a missing holder is given up, in milliseconds since 1970. */
  readonly ends: readonly number[];
  readonly problems: readonly Problem[];
}

/**
 * A claim inside another party's hostname counts only with the consent of that party.
 *
 * | the holder                | a path                                           | the whole host |
 * |---------------------------|--------------------------------------------------|----------------|
 * | asks, and shares with it  | counts                                           | refused        |
 * | asks, and does not        | refused, and closed where it is open             | refused        |
 * | is missing                | stays where it is open already; else it waits    | waits          |
 */
export function admitRequests(places: readonly RoutePlace[], holders: ReadonlyMap<Hostname, Holder>, now: number): AdmittedRequests {
  const verdicts = places.map((place) => ({
    place,
    all: inPrecedence(place, holders).map((claim) => judge(claim, place, holders.get(claim.route.hostname), now)),
  }));
  const all = verdicts.flatMap((it) => it.all);
  return {
    places: verdicts.map(({ place, all: judged }) =>
      withClaims(
        place,
        judged.flatMap((it) => (it.is === "admitted" ? [it.claim] : [])),
      ),
    ),
    waiting: all.flatMap((it) => (it.is === "waits" ? [it.waiting] : [])),
    ends: all.flatMap((it) => (it.is === "waits" ? [it.until] : [])),
    problems: all.flatMap((it) => (it.is === "refused" && it.claim.kind === "sound" ? [it.problem] : [])),
  };
}

/** Who comes first to a free route: the party that holds the hostname, then the older container, then the first by name. */
const inPrecedence = ({ claims }: RoutePlace, holders: ReadonlyMap<Hostname, Holder>): readonly RouteRequest[] => {
  const isGuest = ({ route, party }: RouteRequest) => Number(party !== holders.get(route.hostname)?.party);
  return claims.toSorted((a, b) => isGuest(a) - isGuest(b) || byPrecedence(a, b));
};

function withClaims(place: RoutePlace, claims: readonly RouteRequest[]): RoutePlace {
  const { tenancy } = place;
  if (tenancy.is !== "held") return { ...place, claims };
  const held = tenancy.claims.filter((claim) => claims.includes(claim));
  return { ...place, claims, tenancy: held.length > 0 ? { is: "held", claims: held } : { is: "free", ended: true } };
}

type Verdict =
  | { readonly is: "admitted"; readonly claim: RouteRequest }
  | { readonly is: "waits"; readonly claim: RouteRequest; readonly waiting: PendingRoute; readonly until: number }
  | { readonly is: "refused"; readonly claim: RouteRequest; readonly problem: Problem };

function judge(claim: RouteRequest, place: RoutePlace, holder: Holder | undefined, now: number): Verdict {
  if (holder === undefined || holder.party === claim.party) return { is: "admitted", claim };
  // The route itself says who waits for whom.
  if (place.tenancy.is === "vacant") return { is: "admitted", claim };
  if (holder.is === "missing")
    return isOpen(claim, place)
      ? { is: "admitted", claim }
      : { is: "waits", claim, until: holder.until, waiting: waitForHolder(claim, holder, now) };
  if (claim.route.path === undefined) return { is: "refused", claim, problem: held(claim, holder) };
  const shared = holder.claims.flatMap(({ shareWith }) => shareWith);
  return isSharedWith(shared, claim.party) ? { is: "admitted", claim } : { is: "refused", claim, problem: unshared(claim, holder) };
}

/** Deployed, or its own until now: a change of its protection takes the rule away for a moment. */
const isOpen = (claim: RouteRequest, { stands, tenancy, before }: RoutePlace): boolean =>
  ((stands !== undefined && isDeployed(stands)) || before?.tenant !== undefined) && tenancy.is === "held" && tenancy.claims.includes(claim);

type Present = Extract<Holder, { readonly is: "present" }>;

function held(claim: RouteRequest, { party, claims }: Present): Problem {
  const same = claims.find(({ key }) => key === claim.key);
  const holder = same ?? claims[0];
  const message =
    same === undefined
      ? `${describeParty(party)} already holds ${claim.route.hostname} with container ${holder?.workload ?? ""} and keeps it`
      : `container ${same.workload} already has ${claim.key} and keeps it`;
  const fix = `give ${claim.workload} or ${holder?.workload ?? ""} another hostname`;
  return { ...refusal(claim), code: "CFA-HOST-TAKEN", message, fix };
}

function unshared(claim: RouteRequest, holder: Present): Problem {
  const away = `give ${claim.workload} another hostname`;
  const consent = consentOf(holder, claim.party);
  return {
    ...refusal(claim),
    code: "CFA-HOST-SHARE",
    message: `${describeParty(holder.party)} holds ${claim.route.hostname} with container ${holder.claims[0]?.workload ?? ""}, and does not share it with ${describeParty(claim.party)}`,
    fix: consent === undefined ? away : `${consent}, or ${away}`,
  };
}

/** A container without a project has no name that could be listed. */
function consentOf({ claims }: Present, guest: Party): string | undefined {
  const [owner] = claims.filter(({ shareLabel }) => shareLabel !== undefined);
  if (owner === undefined) return undefined;
  const names = [...new Set([...owner.shareWith, shareName(guest) ?? "*"])].toSorted().join(",");
  return `add the label ${owner.shareLabel}: "${names}" to container ${owner.workload}`;
}

const refusal = ({ workload, label, key }: RouteRequest) =>
  ({ severity: "error", container: workload, label, route: key, effect: "closed" }) as const;
