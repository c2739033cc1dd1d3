import type { Diff } from "./contract/diff.ts";
import { type AnyChange, definitionOf, type ObservedState } from "./registry.ts";

/**
 * What the change makes different.
 *
 * @param observed - the state that the change was planned for: it has what is changed, and the names of ids
 */
export const diffChange = (change: AnyChange, observed: ObservedState): Diff =>
  definitionOf(change).diff(change, observed);
