import type { ServiceToken } from "./exposure.ts";
import type { ProblemCode } from "./problem.ts";

/**
 * The groups, policies and service tokens that labels can refer to, as Cloudflare and Authentik
 * report them now.
 */
export interface Lookups {
  readonly groups: Lookup<DirectoryGroup>;
  readonly policies: readonly ForeignPolicy[];
  readonly tokens: Lookup<ServiceToken>;
}

/** The objects found, or why the lookup failed. After a failure no name counts as valid. */
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

/** A reusable Access policy that cfauth did not create. */
export interface ForeignPolicy {
  readonly id: string;
  readonly name: string;
  /** `allow`, `deny`, `non_identity` or `bypass`. */
  readonly decision: string;
}

/** The names of groups and service tokens that the labels refer to: only these need a lookup. */
export interface ReferencedNames {
  readonly groups: ReadonlySet<string>;
  readonly tokens: ReadonlySet<string>;
}
