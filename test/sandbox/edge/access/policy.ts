/** Evaluates an application's policies for a visitor. */

import { BlockList, isIPv6 } from "node:net";
import type { AccessApplication, AccessPolicy, EdgeView } from "../../cloudflare/state.ts";

export interface Identity {
  readonly email: string;
  readonly sub: string;
  /** The id of the identity provider. */
  readonly idp: string;
  /** The custom claims in the provider's `config.claims`, as in the id_token. */
  readonly claims: Readonly<Record<string, unknown>>;
}

export interface Asker {
  readonly ip: string;
  readonly identity?: Identity;
  /** The id of the service token in the request. */
  readonly serviceToken?: string;
}

export type Verdict = "bypass" | "service" | "allow" | "deny" | "who";

/** A rule that the sandbox cannot judge. A guess in either direction could hide a security hole, so the request fails. */
export class UnknownRule extends Error {
  constructor(key: string) {
    super(`the sandbox cannot judge the Access rule "${key}"`);
  }
}

const within = (ip: string, range: string): boolean => {
  const [address = "", bits] = range.split("/");
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  const list = new BlockList();
  list.addSubnet(address, Number(bits ?? (family === "ipv6" ? 128 : 32)), family);
  return list.check(ip, isIPv6(ip) ? "ipv6" : "ipv4");
};

const same = (a: unknown, b: unknown): boolean =>
  String(a).toLowerCase() === String(b).toLowerCase();

type Leaf = Readonly<Record<string, unknown>>;

const RULES: Readonly<Record<string, (asker: Asker, leaf: Leaf) => boolean>> = {
  everyone: () => true,
  ip: ({ ip }, leaf) => within(ip, String(leaf.ip)),
  email: ({ identity }, leaf) => identity !== undefined && same(identity.email, leaf.email),
  email_domain: ({ identity }, leaf) =>
    identity !== undefined &&
    same(identity.email.slice(identity.email.lastIndexOf("@") + 1), leaf.domain),
  login_method: ({ identity }, leaf) => identity !== undefined && identity.idp === leaf.id,
  // Each value is compared exactly, including letter case.
  oidc: ({ identity }, leaf) =>
    identity !== undefined &&
    identity.idp === leaf.identity_provider_id &&
    [identity.claims[String(leaf.claim_name)] ?? []]
      .flat()
      .some((value) => String(value) === leaf.claim_value),
  service_token: ({ serviceToken }, leaf) =>
    serviceToken !== undefined && serviceToken === leaf.token_id,
  any_valid_service_token: ({ serviceToken }) => serviceToken !== undefined,
};

function matches(rule: Readonly<Record<string, unknown>>, asker: Asker): boolean {
  const [key = "", leaf] = Object.entries(rule)[0] ?? [];
  const test = Object.hasOwn(RULES, key) ? RULES[key] : undefined;
  if (!test) throw new UnknownRule(key);
  return test(asker, (leaf ?? {}) as Leaf);
}

/** One of include, all of require, none of exclude. */
function admits(policy: AccessPolicy, asker: Asker): boolean {
  const holds = (rule: Readonly<Record<string, unknown>>): boolean => matches(rule, asker);
  return (
    policy.include.some(holds) &&
    (policy.require ?? []).every(holds) &&
    !(policy.exclude ?? []).some(holds)
  );
}

/** The application's policies by precedence, without links to missing policies. */
export function policiesOf(view: EdgeView, application: AccessApplication): AccessPolicy[] {
  return (application.policies ?? [])
    .toSorted((a, b) => a.precedence - b.precedence)
    .flatMap(({ id }) => view.policies.find((policy) => policy.id === id) ?? []);
}

/**
 * Bypass and Service Auth come first, without an identity. Then allow and deny in their order; the first match
 * decides. Without a match the answer is deny, or "who" if the visitor is not logged in and a login could help.
 */
export function judge(policies: readonly AccessPolicy[], asker: Asker): Verdict {
  const { identity, ...stranger } = asker;
  const early = policies.filter(
    ({ decision }) => decision === "bypass" || decision === "non_identity",
  );
  const passed = early.find((policy) => admits(policy, stranger));
  if (passed) return passed.decision === "bypass" ? "bypass" : "service";
  if (!identity) return "who";
  const late = policies.filter(({ decision }) => decision === "allow" || decision === "deny");
  return late.find((policy) => admits(policy, asker))?.decision === "allow" ? "allow" : "deny";
}
