import { DEFINITIONS, type ObservedState } from "./registry.ts";

/** How many objects of others were seen. All of them stay as they are. */
export const countForeign = (observed: ObservedState): number =>
  DEFINITIONS.reduce((sum, definition) => sum + definition.countForeign(observed), 0);
