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
  readonly pending: readonly PendingRoute[];
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
export function admitRequests(
  places: readonly RoutePlace[],
  holders: ReadonlyMap<Hostname, Holder>,
  now: number,
): AdmittedRequests {
  const verdicts = places.map((place) => ({
    place,
    all: inPrecedence(place, holders).map((request) =>
      judge(request, place, holders.get(request.route.hostname), now),
    ),
  }));
  const all = verdicts.flatMap((it) => it.all);
  return {
    places: verdicts.map(({ place, all: judged }) =>
      withClaims(
        place,
        judged.flatMap((it) => (it.is === "admitted" ? [it.request] : [])),
      ),
    ),
    pending: all.flatMap((it) => (it.is === "waits" ? [it.pending] : [])),
    ends: all.flatMap((it) => (it.is === "waits" ? [it.until] : [])),
    problems: all.flatMap((it) =>
      it.is === "refused" && it.request.kind === "sound" ? [it.problem] : [],
    ),
  };
}

/** Who comes first to a free route: the party that holds the hostname, then the older container, then the first by name. */
const inPrecedence = (
  { requests }: RoutePlace,
  holders: ReadonlyMap<Hostname, Holder>,
): readonly RouteRequest[] => {
  const isGuest = ({ route, party }: RouteRequest) =>
    Number(party !== holders.get(route.hostname)?.party);
  return requests.toSorted((a, b) => isGuest(a) - isGuest(b) || byPrecedence(a, b));
};

function withClaims(place: RoutePlace, requests: readonly RouteRequest[]): RoutePlace {
  const { tenancy } = place;
  if (tenancy.is !== "held") return { ...place, requests };
  const held = tenancy.requests.filter((request) => requests.includes(request));
  return {
    ...place,
    requests,
    tenancy: held.length > 0 ? { is: "held", requests: held } : { is: "free", ended: true },
  };
}

type Verdict =
  | { readonly is: "admitted"; readonly request: RouteRequest }
  | {
      readonly is: "waits";
      readonly request: RouteRequest;
      readonly pending: PendingRoute;
      readonly until: number;
    }
  | { readonly is: "refused"; readonly request: RouteRequest; readonly problem: Problem };

function judge(
  request: RouteRequest,
  place: RoutePlace,
  holder: Holder | undefined,
  now: number,
): Verdict {
  if (holder === undefined || holder.party === request.party) return { is: "admitted", request };
  // The route itself says who waits for whom.
  if (place.tenancy.is === "vacant") return { is: "admitted", request };
  if (holder.is === "missing")
    return isOpen(request, place)
      ? { is: "admitted", request }
      : { is: "waits", request, until: holder.until, pending: waitForHolder(request, holder, now) };
  if (request.route.path === undefined)
    return { is: "refused", request, problem: held(request, holder) };
  const shared = holder.requests.flatMap(({ shareWith }) => shareWith);
  return isSharedWith(shared, request.party)
    ? { is: "admitted", request }
    : { is: "refused", request, problem: unshared(request, holder) };
}

/** Deployed, or its own until now: a change of its protection takes the rule away for a moment. */
const isOpen = (request: RouteRequest, { deployed, tenancy, before }: RoutePlace): boolean =>
  ((deployed !== undefined && isDeployed(deployed)) || before?.tenant !== undefined) &&
  tenancy.is === "held" &&
  tenancy.requests.includes(request);

type Present = Extract<Holder, { readonly is: "present" }>;

function held(request: RouteRequest, { party, requests }: Present): Problem {
  const same = requests.find(({ key }) => key === request.key);
  const holder = same ?? requests[0];
  const message =
    same === undefined
      ? `${describeParty(party)} already holds ${request.route.hostname} with container ${holder?.workload ?? ""} and keeps it`
      : `container ${same.workload} already has ${request.key} and keeps it`;
  const fix = `give ${request.workload} or ${holder?.workload ?? ""} another hostname`;
  return { ...refusal(request), code: "CFA-HOST-TAKEN", message, fix };
}

function unshared(request: RouteRequest, holder: Present): Problem {
  const away = `give ${request.workload} another hostname`;
  const consent = consentOf(holder, request.party);
  return {
    ...refusal(request),
    code: "CFA-HOST-SHARE",
    message: `${describeParty(holder.party)} holds ${request.route.hostname} with container ${holder.requests[0]?.workload ?? ""}, and does not share it with ${describeParty(request.party)}`,
    fix: consent === undefined ? away : `${consent}, or ${away}`,
  };
}

/** A container without a project has no name that could be listed. */
function consentOf({ requests }: Present, guest: Party): string | undefined {
  const [owner] = requests.filter(({ shareLabel }) => shareLabel !== undefined);
  if (owner === undefined) return undefined;
  const names = [...new Set([...owner.shareWith, shareName(guest) ?? "*"])].toSorted().join(",");
  return `add the label ${owner.shareLabel}: "${names}" to container ${owner.workload}`;
}

const refusal = ({ workload, label, key }: RouteRequest) =>
  ({ severity: "error", container: workload, label, route: key, effect: "closed" }) as const;
