import type { Origin } from "../../core/domain/origin.ts";
import type { Route, RouteKey } from "../../core/domain/route.ts";

/** The tunnel's single document of rules. Foreign rules stay in it unchanged, byte for byte. */
export interface ObservedIngressRules {
  /** Increases with each write by anyone; -1 if there is no document yet. */
  readonly version: number;
  /** All rules except the catch-all, in order, exactly as the API returns them. */
  readonly rules: readonly RawRule[];
  /**
   * The last rule, which answers requests that match no other. It is separate from the list, so
   * that no document lacks one.
   */
  readonly catchAll: RawRule;
  /** Rules without any mark that are known to be foreign, as texts. */
  readonly strangers?: ReadonlySet<string>;
  /**
   * Our mark in a rule, `cfauth:<owner>`: an additional audience in its check that no login has.
   */
  readonly mark: string;
  /** Whether Cloudflare accepts the mark; false once it has refused a rule only because of it. */
  readonly takesMark: boolean;
  /**
   * Whether cloudflared is known to run this document. Asked only for a takeover; false after every
   * observation and every other write.
   */
  readonly propagated: boolean;
  /** Whether a connector has been running an older document for too long. */
  readonly behind: boolean;
  /** Routes that were closed or narrowed while a connector may still run the previous document. */
  readonly unconfirmed: readonly RouteKey[];
  /**
   * Routes that stay closed with their current labels, because cloudflared refused a document with
   * their rule, or may have done so.
   */
  readonly withheld: ReadonlyMap<RouteKey, WithheldRule>;
  /** Whether other writers have repeatedly changed or removed our rules. */
  readonly contested: boolean;
  /**
   * When to read the document again, in milliseconds of the monotonic clock. If undefined, at the
   * next resync.
   */
  readonly observeAgainAt: number | undefined;
  /** Everything else in the document: `originRequest`, `warp-routing`, future fields. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export interface WithheldRule {
  /** Fingerprint of the origin in the labels. With another origin, the route is tried again. */
  readonly print: string;
  /**
   * Whether cloudflared refuses this rule; otherwise it was only written together with that one.
   */
  readonly refused: boolean;
}

/** A rule as the API returns it. cfauth interprets no other fields. */
export interface RawRule {
  readonly hostname?: string;
  readonly path?: string;
  readonly service: string;
  readonly originRequest?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** The desired state of a rule of ours. */
export interface DesiredRule {
  readonly route: Route;
  readonly origin: Origin;
  /** What cloudflared checks about the login; undefined for a public route. */
  readonly check: { readonly team: string; readonly aud: string } | undefined;
  /** Whether only clean paths pass, because a route inside should admit fewer people. */
  readonly cleanPathsOnly: boolean;
  /**
   * Set if the rule matches every spelling of the path, because a parent route admits more people.
   * Only if a login is checked.
   */
  readonly everySpelling?: true;
  /**
   * Our mark, and the team that cloudflared requires with any audience; undefined if Cloudflare
   * refuses the mark.
   */
  readonly mark: { readonly team: string; readonly text: string } | undefined;
}

/**
 * Each change names our rules that it replaces or removes, as they are now, so that it cannot
 * affect any other rule.
 */
export type IngressRuleChange =
  | {
      readonly kind: "ingress";
      readonly action: "create" | "update";
      readonly key: string;
      readonly subject: string;
      readonly desired: DesiredRule;
      readonly existing: readonly RawRule[];
    }
  | {
      readonly kind: "ingress";
      readonly action: "update";
      readonly key: string;
      readonly subject: string;
      readonly placeholder: Route;
      readonly existing: readonly RawRule[];
      readonly mark: string;
      readonly team: string;
      /** Set if Cloudflare refuses marks as audiences. */
      readonly plain?: true;
      /** Foreign rules that it replaces, as they are now. Only if a label asks to adopt. */
      readonly instead?: readonly RawRule[];
      readonly takes?: string;
    }
  | {
      readonly kind: "ingress";
      readonly action: "update";
      readonly key: string;
      readonly subject: string;
      readonly existing: readonly RawRule[];
      /**
       * The new service of these rules. Everything else, their position included, stays the same.
       */
      readonly reroute: string;
    }
  | {
      readonly kind: "ingress";
      readonly action: "update";
      readonly key: string;
      readonly subject: string;
      /** Our rules that an earlier version wrote. They get the mark and keep their position. */
      readonly unmarked: readonly RawRule[];
      readonly mark: string;
      readonly team: string;
    }
  | {
      readonly kind: "ingress";
      readonly action: "delete";
      readonly key: string;
      readonly subject: string;
      readonly existing: readonly RawRule[];
    };
