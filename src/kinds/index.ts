import type { Owner } from "../domain/owner.ts";
import type { House } from "../plan/rung.ts";
import { accessRung, doubles, tagFoundation } from "./access/propose.ts";
import type { AccessChange } from "./access/seen.ts";
import { dnsRung } from "./dns/propose.ts";
import type { DnsChange } from "./dns/seen.ts";
import { ingressRung } from "./ingress/propose.ts";
import type { IngressChange } from "./ingress/seen.ts";
import { login } from "./login/propose.ts";
import type { LoginChange } from "./login/seen.ts";
import { policyRung, unusedPolicies } from "./policy/propose.ts";
import type { PolicyChange } from "./policy/seen.ts";
import { standing } from "./standing.ts";
import { tunnel } from "./tunnel/propose.ts";
import type { TunnelChange } from "./tunnel/seen.ts";
import type { World } from "./world.ts";

export type AnyChange = LoginChange | TunnelChange | PolicyChange | AccessChange | IngressChange | DnsChange;

/** Every kind by its rank, the lowest first. A new kind is one folder and one line here. */
export const house = (owner: Owner): House<World, AnyChange> => ({
  foundations: [tunnel, login, tagFoundation(owner)],
  rungs: [policyRung(owner), accessRung(owner), ingressRung, dnsRung(owner)],
  sweeps: [unusedPolicies, doubles],
  standing,
});
