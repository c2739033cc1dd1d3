import type { Origin } from "../../domain/origin.ts";
import type { Route } from "../../domain/route.ts";

/** The tunnel's one document of rules. Rules of others are in it as they came, byte for byte. */
export interface IngressSeen {
  /** Counts up with each write by anybody; -1 when there is no document yet. */
  readonly version: number;
  /** All rules but the catch-all, in order, exactly as the API says them. */
  readonly rules: readonly RawRule[];
  /** The last rule, which answers what no other matches. It stands outside the list, so a document without one cannot be. */
  readonly catchAll: RawRule;
  /** What the check of a rule names that is shut for the moment: an audience that no login has, and our mark. `cfauth:<owner>` */
  readonly mark: string;
  /**
   * Whether cloudflared is known to run on this very document. Asked only where something is to be taken over; false after
   * every look and every other write.
   */
  readonly inForce: boolean;
  /** Everything else in the document: `originRequest`, `warp-routing`, what is to come. */
  readonly rest: Readonly<Record<string, unknown>>;
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
export interface RuleWish {
  readonly route: Route;
  readonly origin: Origin;
  /** What cloudflared checks of the login; undefined for a public route. */
  readonly check: { readonly team: string; readonly aud: string } | undefined;
  /** Whether only clean paths pass, since something inside is to let in fewer than this does. */
  readonly clean: boolean;
  /** Every spelling of the path is taken, since something around it lets in more. Only where a login is checked. */
  readonly broad?: true;
}

export type IngressChange =
  | {
      readonly kind: "ingress";
      readonly action: "create" | "update";
      readonly key: string;
      readonly subject: string;
      readonly wish: RuleWish;
    }
  | {
      readonly kind: "ingress";
      readonly action: "update";
      readonly key: string;
      readonly subject: string;
      readonly shut: Route;
      readonly mark: string;
      readonly team: string;
      /** Rules of somebody else's that it stands in place of, as they are now. Only where a label asks to adopt. */
      readonly instead?: readonly RawRule[];
      readonly takes?: string;
    }
  | { readonly kind: "ingress"; readonly action: "delete"; readonly key: string; readonly subject: string; readonly route: Route };
