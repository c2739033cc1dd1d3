import type { Hostname } from "../domain/hostname.ts";
import { describeParty, isSharedWith, type Party, shareName } from "../domain/party.ts";
import type { Problem } from "../domain/problem.ts";
import type { Holder } from "./holder.ts";
import { waitForHolder } from "./rivals.ts";
import { byPrecedence, type RouteRequest } from "./route-requests.ts";
import { isDeployed, type RoutePlace } from "./tenure.ts";
import type { PendingRoute } from "./types.ts";

/** Which requests count, once the holder of each hostname has had its say. */
export interface AdmittedRequests {
  /** Each with the requests that count, in order of precedence. */
  readonly places: readonly RoutePlace[];
  readonly pending: readonly PendingRoute[];
  /** When the grace periods of missing holders end, in milliseconds since 1970. */
  readonly graceEnds: readonly number[];
  readonly problems: readonly Problem[];
}

/**
 * A request inside another party's hostname counts only with the consent of that party.
 *
 * | the holder                | a path                                           | the whole host |
 * |---------------------------|--------------------------------------------------|----------------|
 * | asks, and shares with it  | counts                                           | refused        |
 * | asks, and does not share  | refused, and closed if it is open                | refused        |
 * | is missing                | stays if it is open already, otherwise it waits  | waits          |
 */
export function admitRequests(
  places: readonly RoutePlace[],
  holders: ReadonlyMap<Hostname, Holder>,
  now: number,
): AdmittedRequests {
  const verdicts = places.map((place) => ({
    place,
    all: sortByPrecedence(place, holders).map((request) =>
      judgeRequest(request, place, holders.get(request.route.hostname), now),
    ),
  }));
  const all = verdicts.flatMap((it) => it.all);
  return {
    places: verdicts.map(({ place, all: judged }) =>
      withRequests(
        place,
        judged.flatMap((it) => (it.is === "admitted" ? [it.request] : [])),
      ),
    ),
    pending: all.flatMap((it) => (it.is === "waits" ? [it.pending] : [])),
    graceEnds: all.flatMap((it) => (it.is === "waits" ? [it.until] : [])),
    problems: all.flatMap((it) =>
      it.is === "refused" && it.request.kind === "sound" ? [it.problem] : [],
    ),
  };
}

/**
 * For a free route: first the party that holds the hostname, then the older container, then by
 * name.
 */
const sortByPrecedence = (
  { requests }: RoutePlace,
  holders: ReadonlyMap<Hostname, Holder>,
): readonly RouteRequest[] => {
  const isGuest = ({ route, party }: RouteRequest) =>
    Number(party !== holders.get(route.hostname)?.party);
  return requests.toSorted((a, b) => isGuest(a) - isGuest(b) || byPrecedence(a, b));
};

function withRequests(place: RoutePlace, requests: readonly RouteRequest[]): RoutePlace {
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

function judgeRequest(
  request: RouteRequest,
  place: RoutePlace,
  holder: Holder | undefined,
  now: number,
): Verdict {
  if (holder === undefined || holder.party === request.party) return { is: "admitted", request };
  // Requests for a vacant route wait for its tenant instead (`waitForTenant`).
  if (place.tenancy.is === "vacant") return { is: "admitted", request };
  if (holder.is === "missing")
    return isOpen(request, place)
      ? { is: "admitted", request }
      : { is: "waits", request, until: holder.until, pending: waitForHolder(request, holder, now) };
  if (request.route.path === undefined)
    return { is: "refused", request, problem: hostTakenProblem(request, holder) };
  const shared = holder.requests.flatMap(({ shareWith }) => shareWith);
  return isSharedWith(shared, request.party)
    ? { is: "admitted", request }
    : { is: "refused", request, problem: notSharedProblem(request, holder) };
}

/**
 * Whether the route is deployed, or was the requester's until now: a change of protection removes
 * the rule for a moment.
 */
const isOpen = (request: RouteRequest, { deployed, tenancy, before }: RoutePlace): boolean =>
  ((deployed !== undefined && isDeployed(deployed)) || before?.tenant !== undefined) &&
  tenancy.is === "held" &&
  tenancy.requests.includes(request);

type PresentHolder = Extract<Holder, { readonly is: "present" }>;

function hostTakenProblem(request: RouteRequest, { party, requests }: PresentHolder): Problem {
  const sameRoute = requests.find(({ key }) => key === request.key);
  const { hostname } = request.route;
  const holder = (sameRoute ?? requests[0])?.workload ?? "";
  const message =
    sameRoute === undefined
      ? `${describeParty(party)} already holds ${hostname} with container ${holder} and keeps it`
      : `container ${holder} already has ${request.key} and keeps it`;
  const fix = `give ${request.workload} or ${holder} another hostname`;
  return { ...problemFields(request), code: "CFA-HOST-TAKEN", message, fix };
}

function notSharedProblem(request: RouteRequest, holder: PresentHolder): Problem {
  const rename = `give ${request.workload} another hostname`;
  const consent = suggestConsent(holder, request.party);
  const guest = describeParty(request.party);
  const workload = holder.requests[0]?.workload ?? "";
  const { hostname } = request.route;
  const holding = `${describeParty(holder.party)} holds ${hostname} with container ${workload}`;
  return {
    ...problemFields(request),
    code: "CFA-HOST-SHARE",
    message: `${holding}, and does not share it with ${guest}`,
    fix: consent === undefined ? rename : `${consent}, or ${rename}`,
  };
}

/**
 * The label that would share the hostname. A container without a project has no name to list, so
 * `*` is suggested.
 */
function suggestConsent({ requests }: PresentHolder, guest: Party): string | undefined {
  const [owner] = requests.filter(({ shareLabel }) => shareLabel !== undefined);
  if (owner === undefined) return undefined;
  const names = [...new Set([...owner.shareWith, shareName(guest) ?? "*"])].toSorted().join(",");
  return `add the label ${owner.shareLabel}: "${names}" to container ${owner.workload}`;
}

const problemFields = ({ workload, label, key }: RouteRequest) =>
  ({ severity: "error", container: workload, label, route: key, effect: "closed" }) as const;
