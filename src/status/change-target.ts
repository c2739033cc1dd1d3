import type { Route } from "../core/domain/route.ts";

/** What a change is about, as a person knows it: a route, or a thing that all routes share, by its name. */
export type ChangeTarget =
  | { readonly route: Route; readonly container: string | undefined }
  | { readonly name: string };
