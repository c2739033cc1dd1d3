import type { ForeignPolicy } from "../../core/domain/directory.ts";
import type { CrudChange } from "../contract/change.ts";
import type { Mine } from "../contract/owned.ts";

/** Reusable Access policies: ours, one for each audience, and foreign ones. */
export interface ObservedAccessPolicies {
  readonly mine: readonly Mine<Policy>[];
  /** Never written; labels may name them. */
  readonly theirs: readonly ForeignPolicy[];
  /** Ids of the login methods that foreign policies name; absent if they name none. */
  readonly methodsNamed?: readonly string[];
  /**
   * Our policies, by name and content, that returned to the same content after repeated
   * replacement; absent if there are none.
   */
  readonly contested?: ReadonlySet<string>;
}

export interface Policy extends PolicyContent {
  readonly id: string;
  readonly name: string;
}

/** Who is admitted, and how. A rule is an object with exactly one key; all lists are sorted. */
export interface PolicyContent {
  readonly decision: string;
  readonly include: readonly unknown[];
  readonly require: readonly unknown[];
  readonly exclude: readonly unknown[];
  /**
   * How long a login lasts, instead of the application's session, in Access's notation. cfauth
   * never sets it.
   */
  readonly session?: string;
}

/** The desired state of a policy of ours. */
export interface DesiredPolicy extends PolicyContent {
  readonly name: string;
  readonly decision: "allow" | "bypass" | "non_identity";
}

export type AccessPolicyChange = CrudChange<"policy", Mine<Policy>, DesiredPolicy>;
