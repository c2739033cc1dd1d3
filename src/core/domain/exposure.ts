import type { Detour, Origin } from "./origin.ts";
import type { Party } from "./party.ts";
import type { Route } from "./route.ts";

/** Who may enter. Closed: a wish without a protection cannot be written. */
export type Protection =
  /** Whom the audience names, after a login with Authentik; `session` as Access takes it, a Go duration such as `24h`. */
  | { readonly kind: "authentik"; readonly session: string; readonly audience: Audience }
  /** Anyone: only by the label `access=public`, by `access.bypass`, or where the operator made that the default. */
  | { readonly kind: "public" }
  /** Anyone, because it is Authentik's own hostname: the login cannot stand behind itself. */
  | { readonly kind: "login" };

/** Of those who can log in, who may enter. Without groups and e-mail addresses that is everyone who can. */
export interface Audience {
  /** Names of Authentik groups; a member of any one may enter. Sorted. */
  readonly groups: readonly string[];
  /** Addresses, and domains with an @ in front. Lower case, sorted. */
  readonly emails: readonly string[];
  /** Ids of reusable Access policies that the user keeps: they may let in more people. In the order of the label. */
  readonly policies: readonly string[];
  /** Access service tokens that enter without a login. Sorted by name. */
  readonly tokens: "any" | readonly ServiceToken[];
}

export interface ServiceToken {
  readonly id: string;
  readonly name: string;
}

/** How a route shows itself to people, in Authentik's library and in the Access App Launcher. */
export interface Display {
  /** Undefined: made from the hostname. */
  readonly name: string | undefined;
  /** `https://…`, or one of Authentik's own, `fa://fa-book`. */
  readonly icon: string | undefined;
  readonly description: string | undefined;
  readonly category: string | undefined;
  readonly hidden: boolean;
}

/** One wish, decoded from a workload. */
export interface Exposure {
  readonly route: Route;
  readonly origin: Origin;
  /** Why the rule does not lead there by the container's name; undefined where it does, or was never to. */
  readonly detour?: Detour;
  readonly protection: Protection;
  readonly display: Display;
  /** Whether what others made at this hostname is to be taken over. */
  readonly adopt: boolean;
  /** What to do so that it is, for problems; continues with `to take it over`: `set cfauth.web.adopt: "true" on container app`. */
  readonly adoptHint: string;
  /** Whose wish it is. */
  readonly party: Party;
  /** The parties that may route paths inside this hostname, by project or stack name; `*` for all. */
  readonly shareWith: readonly string[];
  /** The label that lists them; undefined where the labels are another tool's, which have none. */
  readonly shareLabel: string | undefined;
  /** The workload's name, for people and for telling two wishes for one route apart. */
  readonly workload: string;
  /** When the workload was created, in milliseconds since 1970: the older one wins a conflict. */
  readonly created: number;
  /** The label that gave the hostname, for problems: `cfauth.web.hostname`. */
  readonly label: string;
  /** Why the route must not be opened yet (health check); a route that is open stays open. */
  readonly notReadyReason: string | undefined;
}

/** Whether no login stands before it. */
export const isPublic = ({ kind }: Protection): boolean => kind !== "authentik";

/** Whether everybody whom the one lets in is let in by the other too. */
export function isSubsetOf(one: Protection, other: Protection): boolean {
  if (other.kind !== "authentik") return true;
  return one.kind === "authentik" && within(one.audience, other.audience);
}

function within(one: Audience, other: Audience): boolean {
  const all = ({ groups, emails }: Audience) => groups.length === 0 && emails.length === 0;
  const people =
    all(other) ||
    (!all(one) && subset(one.groups, other.groups) && subset(one.emails, other.emails));
  return people && subset(one.policies, other.policies) && machines(one, other);
}

const machines = ({ tokens: one }: Audience, { tokens: other }: Audience): boolean =>
  other === "any" ||
  (one !== "any" && one.every(({ id }) => other.some((token) => token.id === id)));

const subset = (some: readonly string[], all: readonly string[]): boolean =>
  some.every((it) => all.includes(it));
