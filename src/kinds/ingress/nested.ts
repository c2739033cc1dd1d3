import { admitsNoMore, type Exposure } from "../../domain/exposure.ts";
import { beneath, parseRouteKey, type Route, routeKey } from "../../domain/route.ts";
import type { Desired } from "../../plan/desired.ts";
import { type Proofs, ruleOf } from "./rules.ts";

/** Routes within this one that show the same container and are to let in fewer. */
export const narrowerWithin = ({ route: at, workload: by, origin, protection: outer }: Exposure, desired: Desired): readonly Route[] =>
  desired.guarded
    .filter(
      ({ route, workload, service, protection }) =>
        (workload === by || service === origin.service) &&
        beneath(route, at) &&
        !(protection !== undefined && admitsNoMore(outer, protection)),
    )
    .map(({ route }) => route);

/** Whether a route of ours stands within this one and shows the same. */
export const standsWithin = ({ route: at, origin }: Exposure, world: Proofs): boolean =>
  [...world.access.mine.keys()].map(parseRouteKey).some((route) => {
    if (route === undefined || routeKey(route) === routeKey(at) || !beneath(route, at)) return false;
    return ruleOf(world, route)?.service === origin.service;
  });
