import { accessTag, type Owner } from "../core/domain/owner.ts";
import { parseRouteKey } from "../core/domain/route.ts";
import { type Plan, planChanges } from "../core/plan/planner.ts";
import type { ResourceModel } from "../core/plan/resource.ts";
import type { DesiredState } from "../core/plan/types.ts";
import { pluralise } from "../core/text/grammar.ts";
import {
  collectDuplicateApplications,
  collectUnusedTag,
  tagCarriers,
} from "./access-application/propose.ts";
import { collectUnusedPolicies } from "./access-policy/propose.ts";
import { routeKeyOfChange } from "./describe.ts";
import { collectStrayRules } from "./ingress-rule/marks.ts";
import { isOwnedRule } from "./ingress-rule/rules.ts";
import { publisher } from "./library-tile/desired.ts";
import { addressOf } from "./login/address.ts";
import { mappingName } from "./login/claim.ts";
import {
  authentikRouteKey,
  collectUnusedLogin,
  nextRemoval,
  whyMethodStays,
  whyProviderStays,
} from "./login/teardown.ts";
import type { ObservedState } from "./observed.ts";
import { type AnyChange, resourceModel } from "./registry.ts";

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
  if (nextRemoval(observed.login) === undefined || !alone) return planned;
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

/** An object, and why it is still there. */
export interface LeftOver {
  readonly what: string;
  readonly why: string | undefined;
}

/** What of this owner's is there, as a person knows it. */
export function listOwned(observed: ObservedState, owner: Owner): readonly LeftOver[] {
  const { access, dns, ingress, login, policy, tile } = observed;
  const used = new Set([...access.linked]);
  const [carrier] = tagCarriers(owner, access);
  return [
    ...[...tile.mine.values()].map(({ name }) => plain(`tile ${name}`)),
    ...(tile.fault === undefined
      ? []
      : [{ what: "tiles, if there are any", why: tile.fault.message }]),
    ...[...dns.mine.keys()].map((name) => plain(`DNS record ${name}`)),
    ...ingress.rules
      .filter((rule) => isOwnedRule(rule, observed))
      .map(({ hostname, path }) => plain(`ingress rule ${hostname}${path ?? ""}`)),
    ...[...access.mine.keys(), ...access.duplicates.map(({ route }) => route)].map((route) =>
      plain(`Access application ${route}`),
    ),
    ...policy.mine.map(({ name, id }) => ({
      what: `Access policy ${name}`,
      why: used.has(id) ? "an Access application that is not cfauth's uses it" : undefined,
    })),
    ...(access.tagged
      ? [
          {
            what: `Access tag ${accessTag(owner)}`,
            why: carrier && `the Access application "${carrier.name}" carries it`,
          },
        ]
      : []),
    ...(login.groups.mapping === undefined ? [] : [plain(`scope mapping ${mappingName(owner)}`)]),
    ...(login.method === undefined || whyMethodStays(login) !== undefined
      ? []
      : [login.method, ...(login.duplicates ?? [])].map(() =>
          plain(`login method ${login.settings.slug}`),
        )),
    ...(whyProviderStays(login) !== undefined
      ? []
      : [
          ...(login.application === undefined
            ? []
            : [plain(`Authentik application ${login.application.slug}`)]),
          ...(login.provider === undefined
            ? []
            : [plain(`Authentik provider ${login.provider.name}`)]),
        ]),
  ];
}

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

const plain = (what: string): LeftOver => ({ what, why: undefined });

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
