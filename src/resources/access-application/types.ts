import type { Party } from "../../core/domain/party.ts";
import type { RouteKey } from "../../core/domain/route.ts";
import type { Mine } from "../contract/owned.ts";

/** Access applications: ours by route, and what others cover. */
export interface ObservedAccessApplications {
  readonly mine: ReadonlyMap<RouteKey, Mine<AccessApplication>>;
  readonly theirs: readonly ForeignApplication[];
  /** Ids of reusable policies that applications of others use. */
  readonly linked: readonly string[];
  /** Applications of ours beside the one in `mine` for the same route: a lost answer's doubles. They go. */
  readonly duplicates: readonly Mine<AccessApplication>[];
  /** Whether the owner's tag exists: an application cannot carry one that does not. */
  readonly tagged: boolean;
  /** What the user had set on applications of ours that were deleted to be replaced; absent where there is none. */
  readonly replaced?: ReadonlyMap<RouteKey, Inheritance>;
}

/** What the application that replaces another takes over from it, for the same party only. */
export interface Inheritance {
  readonly party: Party;
  readonly unmanagedFields: AccessApplication["unmanagedFields"];
  readonly tags: readonly string[];
}

export interface AccessApplication {
  readonly id: string;
  /** The audience tag that its login tokens carry; a new one with each new application. */
  readonly aud: string;
  readonly route: RouteKey;
  readonly name: string;
  readonly allowedIdps: readonly string[];
  readonly autoRedirect: boolean;
  /** Go duration as Access says it. */
  readonly session: string;
  /** Sorted. */
  readonly tags: readonly string[];
  /** Ids of the linked reusable policies by precedence. */
  readonly policies: readonly string[];
  readonly launcher: Launcher;
  /** Writable fields that cfauth does not manage: carried over unchanged by an update. */
  readonly unmanagedFields: Readonly<Record<string, unknown>>;
}

/** How the App Launcher shows it. */
export interface Launcher {
  readonly visible: boolean;
  /** Undefined as a wish: whatever the user has set. */
  readonly logo: string | undefined;
}

export interface ForeignApplication {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Hostname with path, as Access has it: `app.example.com/admin`. */
  readonly destinations: readonly string[];
  /** Whether one of its policies lets everybody past without a login. */
  readonly bypasses: boolean;
  /** What its logins are good for; absent where it gives none. */
  readonly login?: Pick<AccessApplication, "aud" | "policies" | "allowedIdps" | "session">;
  /** What a PUT has to carry over, so that nothing but what it guards is changed. */
  readonly unmanagedFields: Readonly<Record<string, unknown>>;
}

/** What an application of ours must be. */
export interface DesiredApplication {
  readonly route: RouteKey;
  readonly name: string;
  readonly idp: string;
  readonly session: string;
  readonly tag: string;
  /** Ids, by precedence. */
  readonly policies: readonly string[];
  readonly launcher: Launcher;
  /** Only where it replaces one. */
  readonly inherits?: Inheritance;
}

export type AccessApplicationChange =
  | {
      readonly kind: "access";
      readonly action: "create";
      readonly key: "tag";
      readonly subject: string;
    }
  /** Only by one who leaves for good. */
  | {
      readonly kind: "access";
      readonly action: "delete";
      readonly key: "tag-gone";
      readonly subject: string;
    }
  | {
      readonly kind: "access";
      readonly action: "create";
      readonly key: string;
      readonly subject: string;
      readonly desired: DesiredApplication;
    }
  | {
      readonly kind: "access";
      readonly action: "update";
      readonly key: string;
      readonly subject: string;
      readonly existing: Mine<AccessApplication>;
      readonly desired: DesiredApplication;
    }
  /** Takes one place out of an application of somebody else's; the other places stay guarded by it. Only where a label asks to adopt. */
  | {
      readonly kind: "access";
      readonly action: "update" | "delete";
      readonly key: string;
      readonly subject: string;
      readonly foreign: ForeignApplication;
      readonly place: RouteKey;
      readonly takes: string;
    }
  | {
      readonly kind: "access";
      readonly action: "delete";
      readonly key: string;
      readonly subject: string;
      readonly existing: Mine<AccessApplication>;
      /** The party for which a new one follows; absent where none does, or where it is made for another party. */
      readonly replacedFor?: Party;
    };
