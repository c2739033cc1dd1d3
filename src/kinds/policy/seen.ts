import type { Protection } from "../../domain/exposure.ts";
import type { Mine } from "../mine.ts";

export type Audience = Protection["kind"];

/** Reusable Access policies of ours, one for each audience. Those of others are not looked at. */
export interface PolicySeen {
  readonly mine: readonly Mine<Policy>[];
}

export interface Policy {
  readonly id: string;
  readonly name: string;
  readonly decision: string;
  /** Sorted; each rule is an object with exactly one key. */
  readonly include: readonly unknown[];
  readonly require: readonly unknown[];
  readonly exclude: readonly unknown[];
}

/** What a policy of ours must be. */
export interface PolicyWish {
  readonly name: string;
  readonly decision: "allow" | "bypass";
  readonly include: readonly [Readonly<Record<string, unknown>>];
}

export type PolicyChange =
  | { readonly kind: "policy"; readonly action: "create"; readonly key: string; readonly subject: string; readonly wish: PolicyWish }
  | {
      readonly kind: "policy";
      readonly action: "update";
      readonly key: string;
      readonly subject: string;
      readonly at: Mine<Policy>;
      readonly wish: PolicyWish;
    }
  | { readonly kind: "policy"; readonly action: "delete"; readonly key: string; readonly subject: string; readonly at: Mine<Policy> };
