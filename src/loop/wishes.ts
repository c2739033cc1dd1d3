import { routeKey } from "../domain/route.ts";
import type { Workload } from "../domain/workload.ts";
import { standing } from "../kinds/standing.ts";
import type { World } from "../kinds/world.ts";
import { namedNetworks } from "../labels/asked.ts";
import type { Context } from "../labels/context.ts";
import { decode } from "../labels/decode.ts";
import { labelSets } from "../labels/label-set.ts";
import { neighbours } from "../labels/neighbours.ts";
import { type Decision, decide, type Memory } from "../plan/decide.ts";
import type { StandingRoute } from "../plan/desired.ts";
import type { Grace } from "../plan/linger.ts";

export interface WishSettings
  extends Omit<Context, "zones" | "excludedZones" | "domain" | "named" | "neighbours" | "routed" | "standing" | "directory"> {
  /** CFAUTH_DOMAIN; without it the only zone completes bare names, where there is just one. */
  readonly domain: string | undefined;
  /** CFAUTH_ZONES; undefined: all that the token sees. */
  readonly allowedZones: readonly string[] | undefined;
}

/** From what runs and what stands to what is wished. */
export function wishes(
  settings: WishSettings,
  grace: Grace,
  workloads: readonly Workload[],
  world: World,
  memory: Memory,
  now: number,
): Decision {
  const seen = world.dns.zones.map(({ name }) => name);
  const zones = seen.filter((name) => settings.allowedZones?.includes(name) ?? true);
  const barred = seen.filter((name) => !zones.includes(name));
  const around = neighbours(workloads);
  const stands = standing(world);
  const routed = new Set(stands.flatMap(({ service }) => placesOf(service ?? "")));
  const context: Context = {
    ...settings,
    zones,
    excludedZones: [...world.dns.excludedZones, ...barred],
    domain: settings.domain ?? (zones.length === 1 ? zones[0] : undefined),
    named: namedNetworks(workloads, settings),
    neighbours: around,
    routed,
    standing: new Set(stands.map(({ route }) => route.hostname)),
    directory: { ...world.directory, policies: world.policy.theirs },
  };
  const decoded = labelSets(workloads, settings).map((labelSet) => decode(labelSet, context));
  const named = [...new Set([...memory.named, ...context.named])];
  // By which network a container was reached that this process has never seen is not known: then a name counts on all of them.
  const on = ({ route }: StandingRoute) => (memory.absences.known.has(routeKey(route)) ? [...settings.networks, ...named] : undefined);
  const reused = (it: StandingRoute, but: readonly string[] = []) =>
    it.service !== undefined && [...around.leadsTo(it.service, on(it))].some((id) => !but.includes(id));
  return decide(decoded, stands, reused, { ...memory, named }, grace, now);
}

/** `http://app:80` → `app` and `app:80` */
const placesOf = (service: string): readonly string[] => /^[a-z]+:\/\/((\[[^\]]+\]|[^:/]+)(?::\d+)?)/.exec(service)?.slice(1) ?? [];
