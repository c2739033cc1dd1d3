import type { Problem } from "../../core/domain/problem.ts";
import type { RouteKey } from "../../core/domain/route.ts";
import type { ServiceError } from "../../core/errors.ts";
import type { CrudChange } from "../contract/change.ts";
import type { Mine } from "../contract/owned.ts";

/** Tiles in Authentik's library: applications without a provider. Slug and publisher mark ours. */
export interface ObservedLibraryTiles {
  /** By slug. */
  readonly mine: ReadonlyMap<string, Mine<Tile>>;
  /** Slugs with our prefix that belong to foreign applications. */
  readonly taken: ReadonlySet<string>;
  /**
   * Slugs of our routes that do not exist in Authentik. They are looked up one by one, and not
   * again before the next full observation.
   */
  readonly absent: ReadonlySet<string>;
  /**
   * How many applications exist that the token may not see. A tile of ours may be among them.
   * Counted only for `cfauth destroy`, otherwise 0.
   */
  readonly hidden: number;
  /** Why tiles could not be observed; then none is written. */
  readonly fault: Problem | undefined;
  /** What was refused since the last observation, by slug. Not tried again before the next one. */
  readonly failed: ReadonlyMap<string, ServiceError>;
  /**
   * Fields that Authentik changed when they were written, by slug, such as an icon that this
   * version does not accept. Set by a write and cleared by the next full observation. Without it,
   * the same value would be written in every pass.
   */
  readonly acceptedNormalisations: ReadonlyMap<string, AcceptedNormalisation>;
  /** Read by each full observation; undefined only if that failed. */
  readonly me: TokenUser | undefined;
}

export const NO_TILES: ObservedLibraryTiles = {
  mine: new Map(),
  taken: new Set(),
  absent: new Set(),
  hidden: 0,
  fault: undefined,
  failed: new Map(),
  acceptedNormalisations: new Map(),
  me: undefined,
};

/**
 * The user of the token. The list of applications has only what this user may open, unless it is a
 * superuser.
 */
export interface TokenUser {
  readonly pk: number;
  readonly superuser: boolean;
}

export interface Tile extends TileContent {
  readonly pk: string;
  readonly slug: string;
  /** Plain bindings to a group or a user. Any other binding is foreign. */
  readonly bindings: readonly TileBinding[];
}

export interface TileBinding {
  readonly pk: string;
  readonly to: BindingSubject;
}

/** By primary key. */
export type BindingSubject = { readonly group: string } | { readonly user: number };

/** What people see. Absent texts are empty. */
export interface TileContent {
  readonly name: string;
  readonly launchUrl: string;
  readonly icon: string;
  readonly description: string;
  readonly category: string;
  /** `any` or `all`: how many of its bindings a user must meet. */
  readonly mode: string;
}

export interface AcceptedNormalisation {
  readonly desired: TileContent;
  readonly accepted: TileContent;
}

/** The desired state of a tile. */
export interface DesiredTile extends TileContent {
  readonly slug: string;
  readonly route: RouteKey;
  /** Primary keys of the groups whose members see it, sorted. Without groups, everyone sees it. */
  readonly groups: readonly string[];
  /**
   * The token's own user, who must see the tile to find it again; undefined if everyone sees it, or
   * if the user is a superuser.
   */
  readonly reader: number | undefined;
}

export type LibraryTileChange = CrudChange<"tile", Mine<Tile>, DesiredTile>;
