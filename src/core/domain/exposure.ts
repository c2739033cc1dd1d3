import type { Detour, Origin } from "./origin.ts";
import type { Party } from "./party.ts";
import type { Route } from "./route.ts";

/** Who may enter. Every exposure has a protection: the type has no "none". */
export type Protection =
  /**
   * The people in the audience, after they log in with Authentik. `session` is a Go duration such
   * as `24h`, as Access expects it.
   */
  | { readonly kind: "authentik"; readonly session: string; readonly audience: Audience }
  /** Anyone. Only through the label `access=public`, `access.bypass`, or the operator's default. */
  | { readonly kind: "public" }
  /** Anyone, because it is Authentik's own hostname: the login cannot sit behind itself. */
  | { readonly kind: "login" };

/** Who may enter. Without groups and e-mail addresses, everyone who can log in may enter. */
export interface Audience {
  /** Names of Authentik groups; a member of any one may enter. Sorted. */
  readonly groups: readonly string[];
  /** Addresses, and domains with an @ in front. Lower case, sorted. */
  readonly emails: readonly string[];
  /**
   * Ids of the user's own reusable Access policies, which may admit more people. In the order of
   * the label.
   */
  readonly policies: readonly string[];
  /** Access service tokens that enter without a login. Sorted by name. */
  readonly tokens: "any" | readonly ServiceToken[];
}

export interface ServiceToken {
  readonly id: string;
  readonly name: string;
}

/** How a route appears to people in Authentik's library and in the Access App Launcher. */
export interface Display {
  /** If undefined, cfauth derives the name from the hostname. */
  readonly name: string | undefined;
  /** `https://…`, or one of Authentik's own icons, `fa://fa-book`. */
  readonly icon: string | undefined;
  readonly description: string | undefined;
  readonly category: string | undefined;
  readonly hidden: boolean;
}

/** One desired route, decoded from a workload. */
export interface Exposure {
  readonly route: Route;
  readonly origin: Origin;
  /**
   * Why the rule does not use the container's name; undefined if it does, or if CFAUTH_TARGET does
   * not ask for the name.
   */
  readonly detour?: Detour;
  readonly protection: Protection;
  readonly display: Display;
  /** True if cfauth may adopt foreign objects at this hostname. */
  readonly adopt: boolean;
  /**
   * How to allow adoption, for problems. Continues with `to take it over`:
   * `set cfauth.web.adopt: "true" on container app`.
   */
  readonly adoptHint: string;
  /** The party of the workload. */
  readonly party: Party;
  /**
   * The parties that may route paths inside this hostname, by project or stack name; `*` for all.
   */
  readonly shareWith: readonly string[];
  /** The label that lists them; undefined for labels of another tool, which have no such label. */
  readonly shareLabel: string | undefined;
  /** The workload's name, for people and to distinguish two exposures of one route. */
  readonly workload: string;
  /** When the workload was created, in milliseconds since 1970: the older one wins a conflict. */
  readonly created: number;
  /** The label that gave the hostname, for problems: `cfauth.web.hostname`. */
  readonly label: string;
  /** Why the route must not open yet (health check). An open route stays open. */
  readonly notReadyReason: string | undefined;
}

/** True if visitors need no login. */
export const isPublic = ({ kind }: Protection): boolean => kind !== "authentik";

/** True if `one` admits no one that `other` does not admit. */
export function isSubsetOf(one: Protection, other: Protection): boolean {
  if (other.kind !== "authentik") return true;
  return one.kind === "authentik" && isSubsetAudience(one.audience, other.audience);
}

function isSubsetAudience(one: Audience, other: Audience): boolean {
  const admitsEveryone = ({ groups, emails }: Audience) =>
    groups.length === 0 && emails.length === 0;
  const people =
    admitsEveryone(other) ||
    (!admitsEveryone(one) &&
      includesAll(other.groups, one.groups) &&
      includesAll(other.emails, one.emails));
  return people && includesAll(other.policies, one.policies) && hasSubsetOfTokens(one, other);
}

const hasSubsetOfTokens = ({ tokens: one }: Audience, { tokens: other }: Audience): boolean =>
  other === "any" ||
  (one !== "any" && one.every(({ id }) => other.some((token) => token.id === id)));

const includesAll = (all: readonly string[], some: readonly string[]): boolean =>
  some.every((it) => all.includes(it));
