import type { Exposure } from "../domain/exposure.ts";
import type { Party } from "../domain/party.ts";
import { type Route, type RouteKey, routeKey } from "../domain/route.ts";
import { withHost } from "../domain/service-url.ts";
import type { Decoded, FaultyRoute } from "./types.ts";

/** What one container asks for: a route, soundly or with faulty labels. */
export type RouteRequest = ClaimFields & (SoundClaim | FaultyClaim);

interface ClaimFields {
  readonly key: RouteKey;
  readonly route: Route;
  readonly workload: string;
  readonly party: Party;
  readonly created: number;
  /** Where it is to lead; undefined where the fault is in that. */
  readonly service: string | undefined;
  /** Where it would lead by its name, also while another container answers to that name. */
  readonly byName: string | undefined;
  readonly shareWith: readonly string[];
  readonly shareLabel: string | undefined;
  readonly label: string;
}

interface SoundClaim {
  readonly kind: "sound";
  readonly exposure: Exposure;
}

interface FaultyClaim {
  readonly kind: "faulty";
  readonly faulty: FaultyRoute;
}

export const routeRequestsOf = (decoded: readonly Decoded[]): readonly RouteRequest[] =>
  decoded.flatMap(({ exposures, faulty }) => [
    ...exposures.map(
      (exposure): RouteRequest => ({
        kind: "sound",
        exposure,
        ...fieldsOf(exposure),
        service: exposure.origin.service,
        byName: byName(exposure),
      }),
    ),
    ...faulty.map(
      (it): RouteRequest => ({
        kind: "faulty",
        faulty: it,
        ...fieldsOf(it),
        service: it.service,
        byName: it.service,
      }),
    ),
  ]);

type Claimed = Omit<ClaimFields, "key" | "service" | "byName">;

/** `http://3f2a9c0d1e2f:80` → `http://app.tunnel:80` */
const byName = ({ origin: { service }, detour }: Exposure): string =>
  detour === undefined ? service : withHost(service, detour.name);

const fieldsOf = ({ route, workload, party, created, shareWith, shareLabel, label }: Claimed) => ({
  key: routeKey(route),
  route,
  workload,
  party,
  created,
  shareWith,
  shareLabel,
  label,
});

/** The older one first, then by name. */
export const byPrecedence = (a: RouteRequest, b: RouteRequest): number =>
  a.created - b.created || compare(a.workload, b.workload) || compare(a.party, b.party);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
