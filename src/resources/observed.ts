export type { ObservedState } from "./registry.ts";
