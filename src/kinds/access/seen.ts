import type { RouteKey } from "../../domain/route.ts";
import type { Mine } from "../mine.ts";

/** Access applications: ours by route, and what others cover. */
export interface AccessSeen {
  readonly mine: ReadonlyMap<RouteKey, Mine<Application>>;
  readonly theirs: readonly ForeignApplication[];
  /** Ids of reusable policies that applications of others use. */
  readonly linked: readonly string[];
  /** Applications of ours beside the one in `mine` for the same route: a lost answer's doubles. They go. */
  readonly doubles: readonly Mine<Application>[];
  /** Whether the owner's tag exists: an application can not carry one that does not. */
  readonly tagged: boolean;
}

export interface Application {
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
  /** Writable fields that cfauth does not manage: carried over unchanged by an update. */
  readonly kept: Readonly<Record<string, unknown>>;
}

export interface ForeignApplication {
  readonly name: string;
  /** Hostname with path, as Access has it: `app.example.com/admin`. */
  readonly covers: readonly string[];
}

/** What an application of ours must be. */
export interface ApplicationWish {
  readonly route: RouteKey;
  readonly name: string;
  readonly idp: string;
  readonly session: string;
  readonly tag: string;
  readonly policy: string;
}

export type AccessChange =
  | { readonly kind: "access"; readonly action: "create"; readonly key: "tag"; readonly subject: string }
  | { readonly kind: "access"; readonly action: "create"; readonly key: string; readonly subject: string; readonly wish: ApplicationWish }
  | {
      readonly kind: "access";
      readonly action: "update";
      readonly key: string;
      readonly subject: string;
      readonly at: Mine<Application>;
      readonly wish: ApplicationWish;
    }
  | { readonly kind: "access"; readonly action: "delete"; readonly key: string; readonly subject: string; readonly at: Mine<Application> };
