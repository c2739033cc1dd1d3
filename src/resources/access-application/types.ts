import type { Party } from "../../core/domain/party.ts";
import type { RouteKey } from "../../core/domain/route.ts";
import type { CreateChange, DeleteChange, UpdateChange } from "../contract/change.ts";
import type { Mine } from "../contract/owned.ts";

/** Access applications: ours by route, and foreign ones. */
export interface ObservedAccessApplications {
  readonly mine: ReadonlyMap<RouteKey, Mine<AccessApplication>>;
  readonly theirs: readonly ForeignApplication[];
  /** Ids of reusable policies that foreign applications use. */
  readonly linked: readonly string[];
  /**
   * Applications of ours for a route that `mine` already has: created when an answer was lost. They
   * are deleted.
   */
  readonly duplicates: readonly Mine<AccessApplication>[];
  /** Whether the owner's tag exists. An application cannot carry a tag that does not. */
  readonly tagged: boolean;
  /**
   * What the user had set on applications of ours that were deleted to be replaced; absent if there
   * is none.
   */
  readonly replaced?: ReadonlyMap<RouteKey, Inheritance>;
}

/** What a new application takes over from the one that it replaces, for the same party only. */
export interface Inheritance {
  readonly party: Party;
  readonly unmanagedFields: AccessApplication["unmanagedFields"];
  readonly tags: readonly string[];
}

export interface AccessApplication {
  readonly id: string;
  /** The audience tag that its login tokens carry. Every new application has a new one. */
  readonly aud: string;
  readonly route: RouteKey;
  readonly name: string;
  readonly allowedIdps: readonly string[];
  readonly autoRedirect: boolean;
  /** A Go duration, as Access returns it. */
  readonly session: string;
  /** Sorted. */
  readonly tags: readonly string[];
  /** Ids of the linked reusable policies, by precedence. */
  readonly policies: readonly string[];
  readonly launcher: Launcher;
  /** Writable fields that cfauth does not manage. An update repeats them unchanged. */
  readonly unmanagedFields: Readonly<Record<string, unknown>>;
}

export interface Launcher {
  readonly visible: boolean;
  /** If undefined in a desired application, whatever the user has set stays. */
  readonly logo: string | undefined;
}

export interface ForeignApplication {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  /** Hostname with path, in Access's notation: `app.example.com/admin`. */
  readonly destinations: readonly string[];
  /** Whether one of its policies admits everyone without a login. */
  readonly bypasses: boolean;
  /** What its logins are valid for; absent if it issues none. */
  readonly login?: Pick<AccessApplication, "aud" | "policies" | "allowedIdps" | "session">;
  /** Fields that a PUT must repeat, so that it changes nothing but the destinations. */
  readonly unmanagedFields: Readonly<Record<string, unknown>>;
}

/** The desired state of an application of ours. */
export interface DesiredApplication {
  readonly route: RouteKey;
  readonly name: string;
  readonly idp: string;
  readonly session: string;
  readonly tag: string;
  /** Ids, by precedence. */
  readonly policies: readonly string[];
  readonly launcher: Launcher;
  /** Only if it replaces another application. */
  readonly inherits?: Inheritance;
}

export type AccessApplicationChange =
  | {
      readonly kind: "access";
      readonly action: "create";
      readonly key: "tag";
      readonly subject: string;
    }
  /** Only `cfauth destroy` makes this change. */
  | {
      readonly kind: "access";
      readonly action: "delete";
      readonly key: "tag-gone";
      readonly subject: string;
    }
  | CreateChange<"access", DesiredApplication>
  | UpdateChange<"access", Mine<AccessApplication>, DesiredApplication>
  /**
   * Removes one destination from a foreign application, which still protects its others. Only if a
   * label asks to adopt.
   */
  | {
      readonly kind: "access";
      readonly action: "update" | "delete";
      readonly key: string;
      readonly subject: string;
      readonly foreign: ForeignApplication;
      readonly place: RouteKey;
      readonly takes: string;
    }
  | (DeleteChange<"access", Mine<AccessApplication>> & {
      /**
       * The party whose new application follows; absent if none follows, or if the new one is for
       * another party.
       */
      readonly replacedFor?: Party;
    });
