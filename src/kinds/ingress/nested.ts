import type { Exposure } from "../../domain/exposure.ts";
import { beneath, parseRouteKey, type Route, routeKey } from "../../domain/route.ts";
import type { Desired } from "../../plan/desired.ts";
import { narrowerWithin } from "../../plan/shield.ts";
import { type Proofs, ruleOf } from "./rules.ts";

/** Routes within this one that show the same container and are to let in fewer. */
export const narrowerThan = ({ route, workload, party, origin, protection }: Exposure, desired: Desired): readonly Route[] =>
  narrowerWithin(desired, route, { by: { workload, party }, service: origin.service, protection }).map((it) => it.route);

/** Whether a route of ours stands within this one and shows the same. */
export const standsWithin = ({ route: at, origin }: Exposure, world: Proofs): boolean =>
  [...world.access.mine.keys()].map(parseRouteKey).some((route) => {
    if (route === undefined || routeKey(route) === routeKey(at) || !beneath(route, at)) return false;
    return ruleOf(world, route)?.service === origin.service;
  });
