import type { Route } from "../core/domain/route.ts";

/** What a change affects: a route, or an object that all routes share, by its name. */
export type ChangeTarget =
  | { readonly route: Route; readonly container: string | undefined }
  | { readonly name: string };
