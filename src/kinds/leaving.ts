import { many } from "../domain/grammar.ts";
import { accessTag, type Owner } from "../domain/owner.ts";
import { parseRouteKey } from "../domain/route.ts";
import type { Desired } from "../plan/desired.ts";
import { type Plan, plan } from "../plan/plan.ts";
import type { House } from "../plan/rung.ts";
import { doubles, tagCarriers, unusedTag } from "./access/propose.ts";
import { type AnyChange, house } from "./index.ts";
import { ours } from "./ingress/rules.ts";
import { addressOf } from "./login/address.ts";
import { mappingName } from "./login/claim.ts";
import { methodStays, nextToGo, ownRoute, providerStays, unusedLogin } from "./login/leave.ts";
import { routeOf } from "./phrase.ts";
import { unusedPolicies } from "./policy/propose.ts";
import { publisher } from "./tile/wish.ts";
import type { World } from "./world.ts";

/**
 * What one who leaves for good does next. Authentik's own hostname stands until the login is taken away: where there is no other
 * way to Authentik, nothing could be taken away there afterwards.
 */
export function planLeaving(owner: Owner, desired: Desired, world: World, failed: ReadonlySet<string>): Plan<AnyChange> {
  const whole = plan(leaving(owner), desired, world, failed);
  // A tile that the list does not show is found only by its route: it goes while that is still there.
  const tiles = whole.changes.filter(({ kind }) => kind === "tile");
  const planned = tiles.length === 0 ? whole : { ...whole, changes: tiles };
  const own = ownRoute(world.login);
  const { hostname } = addressOf(world.login.wish);
  // Other routes of that hostname would wait for each other.
  const alone = [...world.access.mine.keys()].every((route) => route === own || parseRouteKey(route)?.hostname !== hostname);
  if (nextToGo(world.login) === undefined || !alone) return planned;
  return { ...planned, changes: planned.changes.filter((change) => routeOf(change)?.hostname !== hostname) };
}

/**
 * The house of one who leaves for good: nothing is founded any more, and what belonged to no single route goes after the last
 * of them. Routes are taken down from above, as always.
 */
const leaving = (owner: Owner): House<World, AnyChange> => ({
  ...house(owner, false),
  foundations: [],
  sweeps: [unusedPolicies(owner), doubles, unusedTag(owner), unusedLogin],
  surveys: [],
});

/** An object, and why it is still there. */
export interface Remaining {
  readonly what: string;
  readonly why: string | undefined;
}

/** What of this owner's is there, as a person knows it. */
export function oursIn(world: World, owner: Owner): readonly Remaining[] {
  const { access, dns, ingress, login, policy, tile } = world;
  const used = new Set([...access.linked]);
  const [carrier] = tagCarriers(owner, access);
  return [
    ...[...tile.mine.values()].map(({ name }) => plain(`tile ${name}`)),
    ...(tile.fault === undefined ? [] : [{ what: "tiles, if there are any", why: tile.fault.message }]),
    ...[...dns.mine.keys()].map((name) => plain(`DNS record ${name}`)),
    ...ingress.rules.filter((rule) => ours(rule, world)).map(({ hostname, path }) => plain(`ingress rule ${hostname}${path ?? ""}`)),
    ...[...access.mine.keys(), ...access.doubles.map(({ route }) => route)].map((route) => plain(`Access application ${route}`)),
    ...policy.mine.map(({ name, id }) => ({
      what: `Access policy ${name}`,
      why: used.has(id) ? "an Access application that is not cfauth's uses it" : undefined,
    })),
    ...(access.tagged
      ? [{ what: `Access tag ${accessTag(owner)}`, why: carrier && `the Access application "${carrier.name}" carries it` }]
      : []),
    ...(login.groups.mapping === undefined ? [] : [plain(`scope mapping ${mappingName(owner)}`)]),
    ...(login.method === undefined || methodStays(login) !== undefined
      ? []
      : [login.method, ...(login.doubles ?? [])].map(() => plain(`login method ${login.wish.slug}`))),
    ...(providerStays(login) !== undefined
      ? []
      : [
          ...(login.application === undefined ? [] : [plain(`Authentik application ${login.application.slug}`)]),
          ...(login.provider === undefined ? [] : [plain(`Authentik provider ${login.provider.name}`)]),
        ]),
  ];
}

/**
 * What may be there although no look shows it: the list of applications has only what the token's user may open. Those that other
 * owners made are not told apart.
 */
export const unseenIn = ({ tile }: World, owner: Owner): readonly Remaining[] =>
  tile.fault !== undefined || tile.hidden === 0
    ? []
    : [
        {
          what: "tiles, if there are any",
          why: `Authentik has ${many(tile.hidden, "application")} about cfauth that the token of this user may not see: run it with an administrator's token, or look under Applications for the publisher ${publisher(owner)}`,
        },
      ];

const plain = (what: string): Remaining => ({ what, why: undefined });

/** What cfauth made or uses and does not take away, since others need it or it cannot be told whose it is. */
export function stayingIn({ login, tunnel }: World): readonly Remaining[] {
  const [method, provider] = [login.method && methodStays(login), (login.provider ?? login.application) && providerStays(login)];
  return [
    ...(tunnel.tunnel === undefined ? [] : [{ what: `the tunnel ${tunnel.tunnel.name}`, why: "nothing on it says who made it" }]),
    ...(method === undefined ? [] : [{ what: `the login method Authentik (${login.wish.slug})`, why: method }]),
    ...(provider === undefined ? [] : [{ what: `provider and application ${login.wish.slug} in Authentik`, why: provider }]),
  ];
}
