/** What both APIs share: every request is a `Call`, which the journal, faults and hooks see. */

export type Api = "cloudflare" | "authentik";

export interface Call {
  readonly api: Api;
  /** 1 for the first request since the sandbox started or the journal was cleared; both APIs count together. */
  readonly n: number;
  readonly method: string;
  /** Below the API's base, without the query: `/zones/…/dns_records`, `/core/applications/`. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
  /** Anything but GET and HEAD. */
  readonly write: boolean;
  /** The status of the answer; absent before it, 0 if the connection was cut instead. */
  status?: number;
}

/** What goes wrong with a request. */
export type Fault =
  /** The API sends this answer and does nothing. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
    }
  /** The API cuts the connection, before or after the effect. */
  | { readonly kind: "reset"; readonly when: "before" | "after" }
  /** The effect happens `ms` milliseconds late. */
  | { readonly kind: "delay"; readonly ms: number }
  /** The API never answers and does nothing. */
  | { readonly kind: "hang" };

/** `before`: the request has arrived, without an effect yet. `after`: the effect has happened, the answer is not sent yet. */
export type Moment = "before" | "after";

export interface Controls {
  /** Since the start or the last `clear()`, in order of arrival. */
  readonly calls: readonly Call[];
  /** The calls that were not reads. */
  writes(api?: Api): readonly Call[];
  clear(): void;
  /** This fault affects the next `times` matching calls (default 1, may be Infinity). */
  fault(match: (call: Call) => boolean, fault: Fault, times?: number): void;
  /** Removes all waiting faults and all hooks. */
  heal(): void;
  /** Calls and awaits the hook at each moment of each call. @returns a function that removes it */
  hook(hook: (call: Call, moment: Moment) => void | Promise<void>): () => void;
  /** Requests and answers that break the vendor's schema (needs CFAUTH_OPENAPI_DIR), and errors of the sandbox itself. */
  readonly violations: readonly string[];
}
