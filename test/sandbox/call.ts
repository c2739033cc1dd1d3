/** What the sandbox's two APIs share: every request is a Call, seen by the journal, the faults and the hooks. */

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
  /** Of the answer; absent while under way, 0 when the connection was cut instead. */
  status?: number;
}

/** What goes wrong with a request. */
export type Fault =
  /** Answered with this instead; nothing is done. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
    }
  /** The connection is cut, before the effect or after it. */
  | { readonly kind: "reset"; readonly when: "before" | "after" }
  /** The effect comes `ms` milliseconds late. */
  | { readonly kind: "delay"; readonly ms: number }
  /** No answer ever; nothing is done. */
  | { readonly kind: "hang" };

/** `before`: the request has arrived and nothing is done yet. `after`: the effect has happened, the answer is not sent yet. */
export type Moment = "before" | "after";

export interface Controls {
  /** Since the start or the last `clear()`, in order of arrival. */
  readonly calls: readonly Call[];
  /** The calls that were not reads. */
  writes(api?: Api): readonly Call[];
  clear(): void;
  /** The next `times` (1 unless told, may be Infinity) calls that match meet this fault. */
  fault(match: (call: Call) => boolean, fault: Fault, times?: number): void;
  /** Drops the faults and hooks that are still waiting. */
  heal(): void;
  /** Called, and awaited, at each moment of each call. Answers a function that takes the hook off again. */
  hook(hook: (call: Call, moment: Moment) => void | Promise<void>): () => void;
  /** Where a request or an answer broke the vendor's schema; empty when all is well or CFAUTH_OPENAPI_DIR is unset. */
  readonly violations: readonly string[];
}
