import type { Owner } from "../domain/owner.ts";
import type { House } from "../plan/rung.ts";
import { behindAccess } from "./access/behind.ts";
import { overruling } from "./access/conflict.ts";
import { accessRung, doubles, tagFoundation } from "./access/propose.ts";
import type { AccessChange } from "./access/seen.ts";
import { adopt } from "./adopt.ts";
import { dnsRung } from "./dns/propose.ts";
import type { DnsChange } from "./dns/seen.ts";
import { markAlong, strayRules } from "./ingress/marks.ts";
import { ingressRung, reroute, screen } from "./ingress/propose.ts";
import type { IngressChange } from "./ingress/seen.ts";
import { tunnelRules } from "./ingress/survey.ts";
import { unusedMethods } from "./login/doubles.ts";
import { login } from "./login/propose.ts";
import type { LoginChange } from "./login/seen.ts";
import { overstays } from "./overstay.ts";
import { linked, policyRung, unusedPolicies } from "./policy/propose.ts";
import type { PolicyChange } from "./policy/seen.ts";
import { standing } from "./standing.ts";
import { tiles } from "./tile/propose.ts";
import type { TileChange } from "./tile/seen.ts";
import { tunnel } from "./tunnel/propose.ts";
import type { TunnelChange } from "./tunnel/seen.ts";
import { widens } from "./widening.ts";
import type { World } from "./world.ts";

export type AnyChange = LoginChange | TunnelChange | PolicyChange | AccessChange | IngressChange | DnsChange | TileChange;

/**
 * Every kind by its rank, the lowest first. A new kind is one folder and one line here.
 *
 * @param withTiles - CFAUTH_TILES
 */
export const house = (owner: Owner, withTiles = true): House<World, AnyChange> => ({
  foundations: [tunnel, login, tagFoundation(owner)],
  rungs: [policyRung(owner), accessRung(owner), ingressRung, dnsRung(owner)],
  sweeps: [unusedPolicies(owner), doubles, strayRules, unusedMethods],
  courtesies: [tiles(owner, withTiles)],
  along: (due, world) => [markAlong(due, world) ?? []].flat(),
  surveys: [behindAccess, overruling, tunnelRules],
  audience: ({ protection }, { policy }) => linked(owner, protection, policy)?.join(" "),
  widens: (wish, world) => widens(owner, wish, world),
  overstays: (wish, world, desired) => overstays(owner, wish, world, desired),
  screen,
  reroute,
  adopt: adopt(owner),
  standing,
});
