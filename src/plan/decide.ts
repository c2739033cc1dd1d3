import { spoken } from "../domain/duration.ts";
import { type Exposure, open } from "../domain/exposure.ts";
import { type RouteKey, routeKey } from "../domain/route.ts";
import type { Decoded, Desired, FaultyRoute, Guarded, StandingRoute } from "./desired.ts";
import { type Absences, type Grace, linger, noAbsences } from "./linger.ts";
import { type Rivalries, settle } from "./settle.ts";

/** What is carried from one pass to the next. Not state to lose: without it routes only wait the startup grace once more. */
export interface Memory {
  readonly absences: Absences;
  readonly rivalries: Rivalries;
  /** The networks that labels have named, those of containers that are gone included. */
  readonly named: readonly string[];
  /** By Compose service: what the containers were called that are it, as long as a rule leads to one of them. */
  readonly services: ReadonlyMap<string, readonly string[]>;
}

export const noMemory: Memory = { absences: noAbsences, rivalries: new Map(), named: [], services: new Map() };

/** The same by a clock that was set forward by so many milliseconds meanwhile, or back: a grace is a time that passes, not an hour of the day. */
export const reckoned = ({ absences, rivalries, ...memory }: Memory, byMs: number): Memory => ({
  ...memory,
  absences: { ...absences, deadlines: new Map([...absences.deadlines].map(([key, at]) => [key, at + byMs])) },
  rivalries: new Map([...rivalries].map(([key, it]) => [key, { ...it, until: it.until === undefined ? undefined : it.until + byMs }])),
});

export interface Decision {
  readonly desired: Desired;
  readonly memory: Memory;
  /** When the next grace ends, in milliseconds since 1970: the pass to come looks again then. */
  readonly wakeAt: number | undefined;
}

/**
 * What is wished, all labels taken together.
 *
 * @param reused - whether something runs now where a standing route leads, other than these containers
 */
export function decide(
  decoded: readonly Decoded[],
  standing: readonly StandingRoute[],
  reused: (route: StandingRoute, but?: readonly string[]) => boolean,
  memory: Memory,
  grace: Grace,
  now: number,
): Decision {
  const exposures = decoded.flatMap((it) => it.exposures);
  const faulty = decoded.flatMap((it) => it.faulty);
  const settled = settle(exposures, standing, memory.rivalries, grace.graceMs, now);
  const asked = new Map([...exposures, ...faulty, ...settled.wishes].map((it) => [routeKey(it.route), it.workload]));
  const absences = linger(memory.absences, standing, asked, (it) => reused(it) || givenUp(it, exposures, memory.absences), grace, now);
  const shown = new Set(standing.filter((it) => reused(it)).map(({ route }) => routeKey(route)));
  const closing = new Map([...absences.deadlines].filter(([, deadline]) => deadline > now));
  const wishes = new Map(settled.wishes.map((wish) => [routeKey(wish.route), wish]));
  const desired: Desired = {
    wishes,
    held: new Set([
      ...keep(faulty, standing, wishes, reused),
      ...closing.keys(),
      ...settled.waiting.map(({ exposure }) => routeKey(exposure.route)).filter((key) => !shown.has(key)),
    ]),
    guarded: guarded(exposures, faulty),
    closing,
    waiting: settled.waiting.map(({ exposure, holder, until }) => ({
      route: routeKey(exposure.route),
      cause: "rival",
      reason: `container ${holder}, which had it and stopped; ${exposure.workload} takes over in ${spoken(until - now)} unless it comes back`,
    })),
    problems: [...decoded.flatMap((it) => it.problems), ...settled.problems],
  };
  const ends = [...closing.values(), ...settled.waiting.map(({ until }) => until)];
  return {
    desired,
    memory: { ...memory, absences, rivalries: settled.rivalries },
    wakeAt: ends.length === 0 ? undefined : Math.min(...ends),
  };
}

/**
 * Whether who asked for it is not gone, but asks for the same place by another route. Where this process never saw who did, it
 * is taken to be whoever asks for the place on the same hostname; two containers may stand for one machine outside of Docker.
 */
function givenUp({ route, service }: StandingRoute, exposures: readonly Exposure[], { known }: Absences): boolean {
  const asked = known.get(routeKey(route));
  return exposures.some(
    (it) => it.origin.service === service && (asked === undefined ? it.route.hostname === route.hostname : it.workload === asked),
  );
}

/**
 * The faulty routes that stay as they are: not those that another container wishes soundly, none that would be public by mistake,
 * and none that leads to a container which does not ask for it, having got the name or the address of the one that did.
 */
function keep(
  faulty: readonly FaultyRoute[],
  standing: readonly StandingRoute[],
  wishes: ReadonlyMap<RouteKey, unknown>,
  reused: (route: StandingRoute, but: readonly string[]) => boolean,
): readonly RouteKey[] {
  const stands = new Map(standing.map((it) => [routeKey(it.route), it]));
  const asking = Map.groupBy(faulty, (it) => routeKey(it.route));
  const strange = ([key, all]: readonly [RouteKey, readonly FaultyRoute[]]) => {
    const it = stands.get(key);
    if (it === undefined || all.some(({ service }) => service !== undefined && service === it.service)) return false;
    const own = all.flatMap(({ members }) => members);
    return reused(it, own);
  };
  const strangers = new Set([...asking].filter(strange).map(([key]) => key));
  return faulty
    .filter((it) => !it.shut && (it.saysPublic || stands.get(routeKey(it.route))?.public !== true))
    .filter((it) => !strangers.has(routeKey(it.route)))
    .map((it) => routeKey(it.route))
    .filter((key) => !wishes.has(key));
}

const guarded = (exposures: readonly Exposure[], faulty: readonly FaultyRoute[]): readonly Guarded[] => [
  ...exposures.flatMap(({ route, workload, origin, protection }) =>
    open(protection) ? [] : [{ route, workload, service: origin.service, protection }],
  ),
  ...faulty.flatMap(({ route, workload, saysPublic }) =>
    saysPublic ? [] : [{ route, workload, service: undefined, protection: undefined }],
  ),
];
