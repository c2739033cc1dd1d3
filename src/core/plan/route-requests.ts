import type { Exposure } from "../domain/exposure.ts";
import type { Party } from "../domain/party.ts";
import { type Route, type RouteKey, routeKey } from "../domain/route.ts";
import { withHost } from "../domain/service-url.ts";
import type { Decoded, FaultyRoute } from "./types.ts";

/** One route that one workload asks for, with sound or faulty labels. */
export type RouteRequest = CommonFields & (SoundRequest | FaultyRequest);

interface CommonFields {
  readonly key: RouteKey;
  readonly route: Route;
  readonly workload: string;
  readonly party: Party;
  readonly created: number;
  /** Where it is to lead; undefined if the fault hides that. */
  readonly service: string | undefined;
  /**
   * Where it would lead by the container's name, even if another container answers to that name.
   */
  readonly byName: string | undefined;
  readonly shareWith: readonly string[];
  readonly shareLabel: string | undefined;
  readonly label: string;
}

interface SoundRequest {
  readonly kind: "sound";
  readonly exposure: Exposure;
}

interface FaultyRequest {
  readonly kind: "faulty";
  readonly faulty: FaultyRoute;
}

export const collectRouteRequests = (decoded: readonly Decoded[]): readonly RouteRequest[] =>
  decoded.flatMap(({ exposures, faulty }) => [
    ...exposures.map(
      (exposure): RouteRequest => ({
        kind: "sound",
        exposure,
        ...commonFields(exposure),
        service: exposure.origin.service,
        byName: byName(exposure),
      }),
    ),
    ...faulty.map(
      (it): RouteRequest => ({
        kind: "faulty",
        faulty: it,
        ...commonFields(it),
        service: it.service,
        byName: it.service,
      }),
    ),
  ]);

/** `http://3f2a9c0d1e2f:80` → `http://app.tunnel:80` */
const byName = ({ origin: { service }, detour }: Exposure): string =>
  detour === undefined ? service : withHost(service, detour.name);

const commonFields = ({
  route,
  workload,
  party,
  created,
  shareWith,
  shareLabel,
  label,
}: Omit<CommonFields, "key" | "service" | "byName">) => ({
  key: routeKey(route),
  route,
  workload,
  party,
  created,
  shareWith,
  shareLabel,
  label,
});

/** The older one first, then by name and party. */
export const byPrecedence = (a: RouteRequest, b: RouteRequest): number =>
  a.created - b.created || compare(a.workload, b.workload) || compare(a.party, b.party);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
