import type { ForeignPolicy } from "../../core/domain/directory.ts";
import type { Mine } from "../contract/owned.ts";

/** Reusable Access policies: ours, one for each audience, and those that others keep. */
export interface ObservedAccessPolicies {
  readonly mine: readonly Mine<Policy>[];
  /** Never written; labels may name them. */
  readonly theirs: readonly ForeignPolicy[];
  /** Ids of the login methods that foreign policies name; absent where they name none. */
  readonly methodsNamed?: readonly string[];
  /** Policies of ours, by name and content, that came back the same after they were replaced again and again; absent where there are none. */
  readonly contested?: ReadonlySet<string>;
}

export interface Policy extends PolicyContent {
  readonly id: string;
  readonly name: string;
}

/** Who is let in, and how. Rules are objects with exactly one key; all lists sorted. */
export interface PolicyContent {
  readonly decision: string;
  readonly include: readonly unknown[];
  readonly require: readonly unknown[];
  readonly exclude: readonly unknown[];
  /** How long a login by it lasts, in place of what the application says, as Access says it. Only somebody else sets it. */
  readonly session?: string;
}

/** What a policy of ours must be. */
export interface DesiredPolicy extends PolicyContent {
  readonly name: string;
  readonly decision: "allow" | "bypass" | "non_identity";
}

export type AccessPolicyChange =
  | {
      readonly kind: "policy";
      readonly action: "create";
      readonly key: string;
      readonly subject: string;
      readonly desired: DesiredPolicy;
    }
  | {
      readonly kind: "policy";
      readonly action: "update";
      readonly key: string;
      readonly subject: string;
      readonly existing: Mine<Policy>;
      readonly desired: DesiredPolicy;
    }
  | {
      readonly kind: "policy";
      readonly action: "delete";
      readonly key: string;
      readonly subject: string;
      readonly existing: Mine<Policy>;
    };
