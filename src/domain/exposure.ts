import type { Origin } from "./origin.ts";
import type { Route } from "./route.ts";

/** Who may enter. Closed: a wish without a protection can not be written. */
export type Protection =
  /** Whoever logs in with Authentik; `session` as Access takes it, a Go duration such as `24h0m0s` or `24h`. */
  | { readonly kind: "authentik"; readonly session: string }
  /** Anyone: only by the label `access=public`. */
  | { readonly kind: "public" };

/** One wish, decoded from a workload. */
export interface Exposure {
  readonly route: Route;
  readonly origin: Origin;
  readonly protection: Protection;
  /** The workload's name, for people and for telling two wishes for one route apart. */
  readonly workload: string;
  /** When the workload was created, in milliseconds since 1970: the older one wins a conflict. */
  readonly created: number;
  /** The label that gave the hostname, for problems: `cfauth.web.hostname`. */
  readonly label: string;
  /** Why the route must not be opened yet (health check); a route that is open stays open. */
  readonly gate: string | undefined;
}
