import type { Owner } from "../core/domain/owner.ts";
import { parseRouteKey } from "../core/domain/route.ts";
import { type Plan, planChanges } from "../core/plan/planner.ts";
import type { ResourceModel } from "../core/plan/resource.ts";
import type { DesiredState } from "../core/plan/types.ts";
import { pluralise } from "../core/text/grammar.ts";
import { collectDuplicateApplications, collectUnusedTag } from "./access-application/propose.ts";
import { collectUnusedPolicies } from "./access-policy/propose.ts";
import type { LeftOver } from "./contract/definition.ts";
import { routeKeyOfChange } from "./describe.ts";
import { collectStrayRules } from "./ingress-rule/marks.ts";
import { publisher } from "./library-tile/desired.ts";
import { addressOf } from "./login/address.ts";
import {
  authentikRouteKey,
  collectUnusedLogin,
  nextLoginRemoval,
  whyMethodStays,
  whyProviderStays,
} from "./login/teardown.ts";
import { resourceModel } from "./model.ts";
import type { ObservedState } from "./observed.ts";
import { type AnyChange, DEFINITIONS } from "./registry.ts";

/**
 * What one who leaves for good does next. Authentik's own hostname stands until the login is taken away: where there is no other
 * way to Authentik, nothing could be taken away there afterwards.
 */
export function planTeardown(
  owner: Owner,
  desired: DesiredState,
  observed: ObservedState,
  failed: ReadonlySet<string>,
): Plan<AnyChange> {
  const whole = planChanges(leaving(owner), desired, observed, failed);
  // A tile that the list does not show is found only by its route: it goes while that is still there.
  const tiles = whole.changes.filter(({ kind }) => kind === "tile");
  const planned = tiles.length === 0 ? whole : { ...whole, changes: tiles };
  const own = authentikRouteKey(observed.login);
  const { hostname } = addressOf(observed.login.settings);
  // Other routes of that hostname would wait for each other.
  const alone = [...observed.access.mine.keys()].every(
    (route) => route === own || parseRouteKey(route)?.hostname !== hostname,
  );
  if (nextLoginRemoval(observed.login) === undefined || !alone) return planned;
  return {
    ...planned,
    changes: planned.changes.filter((change) => routeKeyOfChange(change)?.hostname !== hostname),
  };
}

/**
 * The house of one who leaves for good: nothing is founded any more, and what belonged to no single route goes after the last
 * of them. Routes are taken down from above, as always.
 */
const leaving = (owner: Owner): ResourceModel<ObservedState, AnyChange> => ({
  ...resourceModel(owner, false),
  prerequisites: [],
  garbageCollectors: [
    collectUnusedPolicies(owner),
    collectDuplicateApplications,
    collectStrayRules,
    collectUnusedTag(owner),
    collectUnusedLogin,
  ],
  diagnostics: [],
});

/** What this owner has there, as a person knows it: in the order in which it is removed. */
export const listOwned = (observed: ObservedState, owner: Owner): readonly LeftOver[] =>
  DEFINITIONS.toReversed().flatMap((definition) => definition.listOwned(observed, owner));

/**
 * What may be there although no look shows it: the list of applications has only what the token's user may open. Those that other
 * owners made are not told apart.
 */
export const listUnseen = ({ tile }: ObservedState, owner: Owner): readonly LeftOver[] =>
  tile.fault !== undefined || tile.hidden === 0
    ? []
    : [
        {
          what: "tiles, if there are any",
          why: `Authentik has ${pluralise(tile.hidden, "application")} about cfauth that the token of this user may not see: run it with an administrator's token, or look under Applications for the publisher ${publisher(owner)}`,
        },
      ];

/** What cfauth made or uses and does not take away, since others need it or it cannot be told whose it is. */
export function listKept({ login, tunnel }: ObservedState): readonly LeftOver[] {
  const [method, provider] = [
    login.method && whyMethodStays(login),
    (login.provider ?? login.application) && whyProviderStays(login),
  ];
  return [
    ...(tunnel.tunnel === undefined
      ? []
      : [{ what: `the tunnel ${tunnel.tunnel.name}`, why: "nothing on it says who made it" }]),
    ...(method === undefined
      ? []
      : [{ what: `the login method Authentik (${login.settings.slug})`, why: method }]),
    ...(provider === undefined
      ? []
      : [{ what: `provider and application ${login.settings.slug} in Authentik`, why: provider }]),
  ];
}
