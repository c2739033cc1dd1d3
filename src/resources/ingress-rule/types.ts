import type { Origin } from "../../core/domain/origin.ts";
import type { Route, RouteKey } from "../../core/domain/route.ts";

/** The tunnel's one document of rules. Rules of others are in it as they came, byte for byte. */
export interface ObservedIngressRules {
  /** Counts up with each write by anybody; -1 when there is no document yet. */
  readonly version: number;
  /** All rules but the catch-all, in order, exactly as the API says them. */
  readonly rules: readonly RawRule[];
  /** The last rule, which answers what no other matches. It stands outside the list, so a document without one cannot be. */
  readonly catchAll: RawRule;
  /** Rules that say nothing of whose they are, and are known to be somebody else's, as texts. */
  readonly strangers?: ReadonlySet<string>;
  /** Our mark in a rule, `cfauth:<owner>`: one more audience in its check, which no login has. */
  readonly mark: string;
  /** Whether Cloudflare takes the mark; false once it has refused a rule for that alone. */
  readonly takesMark: boolean;
  /**
   * Whether cloudflared is known to run on this very document. Asked only where something is to be taken over; false after
   * every look and every other write.
   */
  readonly propagated: boolean;
  /** Whether a connector has run on an older document for longer than it may take. */
  readonly behind: boolean;
  /** Routes that were closed or narrowed, while a connector may still run on the document of before. */
  readonly unconfirmed: readonly RouteKey[];
  /** Routes that are not opened as their labels are now, since cloudflared refused a document with their rule, or may have. */
  readonly withheld: ReadonlyMap<RouteKey, WithheldRule>;
  /** Whether others have changed or removed rules of ours again and again. */
  readonly contested: boolean;
  /** When to look at the document again, in milliseconds of the clock that only grows; undefined: at the next resync. */
  readonly observeAgainAt: number | undefined;
  /** Everything else in the document: `originRequest`, `warp-routing`, what is to come. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export interface WithheldRule {
  /** Of the origin that the labels asked for: with another one the route is tried once more. */
  readonly print: string;
  /** Whether it is the one that cloudflared refuses; else it was only written along with that one. */
  readonly refused: boolean;
}

/** A rule as the API says it. Not ours to interpret beyond these. */
export interface RawRule {
  readonly hostname?: string;
  readonly path?: string;
  readonly service: string;
  readonly originRequest?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** What a rule of ours must be. */
export interface DesiredRule {
  readonly route: Route;
  readonly origin: Origin;
  /** What cloudflared checks of the login; undefined for a public route. */
  readonly check: { readonly team: string; readonly aud: string } | undefined;
  /** Whether only clean paths pass, since something inside is to let in fewer than this does. */
  readonly cleanPathsOnly: boolean;
  /** Every spelling of the path is taken, since something around it lets in more. Only where a login is checked. */
  readonly everySpelling?: true;
  /** Our mark, and the team that cloudflared wants beside any audience; undefined where Cloudflare refuses the mark. */
  readonly mark: { readonly team: string; readonly text: string } | undefined;
}

/** Each names the rules of ours that it replaces or removes, as they are now: no other rule can be hit. */
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
      /** Where Cloudflare takes no mark for an audience. */
      readonly plain?: true;
      /** Rules of somebody else's that it stands in place of, as they are now. Only where a label asks to adopt. */
      readonly instead?: readonly RawRule[];
      readonly takes?: string;
    }
  | {
      readonly kind: "ingress";
      readonly action: "update";
      readonly key: string;
      readonly subject: string;
      readonly existing: readonly RawRule[];
      /** The service that these rules lead to from then on. All else of them stays as it is, and their place too. */
      readonly reroute: string;
    }
  | {
      readonly kind: "ingress";
      readonly action: "update";
      readonly key: string;
      readonly subject: string;
      /** Rules of ours that an earlier version wrote, which get the mark where they are. */
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
