import type { ServiceToken } from "./exposure.ts";
import type { ProblemCode } from "./problem.ts";

/** The names that labels may speak of, as Cloudflare and Authentik have them now. */
export interface Lookups {
  readonly groups: Lookup<DirectoryGroup>;
  readonly policies: readonly ForeignPolicy[];
  readonly tokens: Lookup<ServiceToken>;
}

/** What was found, or why nothing could be looked up: then no name can be taken for good. */
export type Lookup<T> = { readonly found: readonly T[] } | { readonly fault: LookupFault };

export interface LookupFault {
  readonly code: ProblemCode;
  readonly message: string;
  readonly fix: string;
}

export interface DirectoryGroup {
  readonly pk: string;
  readonly name: string;
}

/** A reusable Access policy that cfauth did not make. */
export interface ForeignPolicy {
  readonly id: string;
  readonly name: string;
  /** `allow`, `deny`, `non_identity` or `bypass`. */
  readonly decision: string;
}

/** The names of groups and service tokens that the labels speak of: only these need to be looked up. */
export interface ReferencedNames {
  readonly groups: ReadonlySet<string>;
  readonly tokens: ReadonlySet<string>;
}
