import type { Exposure } from "../domain/exposure.ts";
import type { Party } from "../domain/party.ts";
import { type Route, type RouteKey, routeKey } from "../domain/route.ts";
import type { Decoded, FaultyRoute } from "./desired.ts";

/** What one container asks for: a route, soundly or with faulty labels. */
export type Claim = ClaimFields & (SoundClaim | FaultyClaim);

interface ClaimFields {
  readonly key: RouteKey;
  readonly route: Route;
  readonly workload: string;
  readonly party: Party;
  readonly created: number;
  /** Where it is to lead; undefined where the fault is in that. */
  readonly service: string | undefined;
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

export const claimsOf = (decoded: readonly Decoded[]): readonly Claim[] =>
  decoded.flatMap(({ exposures, faulty }) => [
    ...exposures.map((exposure): Claim => ({ kind: "sound", exposure, ...fieldsOf(exposure), service: exposure.origin.service })),
    ...faulty.map((it): Claim => ({ kind: "faulty", faulty: it, ...fieldsOf(it), service: it.service })),
  ]);

type Claimed = Omit<ClaimFields, "key" | "service">;

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
export const byAge = (a: Claim, b: Claim): number => a.created - b.created || compare(a.workload, b.workload) || compare(a.party, b.party);

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
