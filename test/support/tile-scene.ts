/**
 * One Authentik, one or more cfauths that create tiles in it, and what people see in its library.
 */
import { createAuthentik } from "../../src/clients/authentik/authentik.ts";
import type { Exposure } from "../../src/core/domain/exposure.ts";
import type { Problem } from "../../src/core/domain/problem.ts";
import { routeKey } from "../../src/core/domain/route.ts";
import type { ObservationScope, ResourceDriver } from "../../src/resources/contract/driver.ts";
import {
  createLibraryTileDriver,
  type LibraryTileDriver,
} from "../../src/resources/library-tile/driver.ts";
import { libraryTiles } from "../../src/resources/library-tile/propose.ts";
import type {
  LibraryTileChange,
  ObservedLibraryTiles,
} from "../../src/resources/library-tile/types.ts";
import { library } from "../sandbox/authentik/library.ts";
import { addGroup, addUser } from "../sandbox/authentik/people.ts";
import type { Application } from "../sandbox/authentik/state.ts";
import { type Opened, openAuthentik } from "../sandbox/authentik/testing.ts";
import { type VersionName, version as versionOf } from "../sandbox/authentik/versions.ts";
import { createControls } from "../sandbox/controls.ts";
import { desiredFor, owner } from "./observed-state.ts";

export interface TileHand {
  readonly api: LibraryTileDriver;
  look(depth?: ObservationScope, before?: ObservedLibraryTiles): Promise<ObservedLibraryTiles>;
  /** Applies proposals until nothing is left to do. By default it observes everything first. */
  settle(exposures: readonly Exposure[], from?: ObservedLibraryTiles): Promise<Settled>;
}

export interface Settled {
  readonly seen: ObservedLibraryTiles;
  readonly problems: readonly Problem[];
  readonly done: readonly LibraryTileChange[];
}

export interface TileScene extends AsyncDisposable {
  readonly ak: Opened;
  readonly version: VersionName;
  hand(more?: { readonly owner?: string; readonly on?: boolean }): TileHand;
  /** Names of the tiles that the user sees. */
  sees(username: string): readonly string[];
  group(name: string): string;
}

export interface TileSceneOptions {
  readonly version?: VersionName;
  /** False: the token's user is in no group and may not open tiles that are bound to groups. */
  readonly superuser?: boolean;
  /** Requests break the published schema. */
  readonly clumsy?: boolean;
}

export async function tileScene({
  version = "2026.8",
  superuser = true,
  clumsy = false,
}: TileSceneOptions = {}): Promise<TileScene> {
  const ak = await openAuthentik({ version, clumsy, controls: createControls() });
  const client = createAuthentik({ token: ak.state.apiToken.key, url: ak.url, backoffMs: 1 });
  if (!superuser) ak.state.apiToken.username = addUser(ak.state, { username: "cfauth" }).username;
  return {
    ak,
    version,
    hand: ({ owner: name, on = true } = {}) => {
      const api = createLibraryTileDriver({ authentik: client, owner: owner(name) });
      const propose = (observed: ObservedLibraryTiles, exposures: readonly Exposure[]) => {
        const desired = new Map(exposures.map((exposure) => [routeKey(exposure.route), exposure]));
        const world = { tile: observed, lookups: { groups: { found: ak.state.groups } } };
        return libraryTiles(owner(name), on)(
          world,
          { ...desiredFor(), exposures: desired },
          new Set(desired.keys()),
        );
      };
      const look: TileHand["look"] = (depth = "all", before) => api.observe(depth, before);
      return {
        api,
        look,
        settle: async (exposures, from) =>
          applyUntilSettled(
            api,
            (observed) => propose(observed, exposures),
            from ?? (await look()),
          ),
      };
    },
    sees: (username) => {
      const user = ak.state.users.find((it) => it.username === username);
      if (user === undefined) throw new Error(`no user ${username}`);
      return library(ak.state, versionOf(version), user).map(({ name }) => name);
    },
    group: (name) => addGroup(ak.state, { name }).pk,
    [Symbol.asyncDispose]: () => {
      client.close();
      return ak[Symbol.asyncDispose]();
    },
  };
}

async function applyUntilSettled(
  api: ResourceDriver<ObservedLibraryTiles, LibraryTileChange>,
  propose: (observed: ObservedLibraryTiles) => {
    readonly changes: readonly LibraryTileChange[];
    readonly problems: readonly Problem[];
  },
  from: ObservedLibraryTiles,
): Promise<Settled> {
  let seen = from;
  const done: LibraryTileChange[] = [];
  for (let wave = 0; wave < 5; wave += 1) {
    const { changes, problems } = propose(seen);
    if (changes.length === 0) return { seen, problems, done };
    const applied = await api.apply(changes, seen);
    if (applied.failures.length > 0 || applied.outcomeUnknown)
      throw new Error("a tile holds up the loop");
    done.push(...applied.applied);
    seen = applied.observed;
  }
  throw new Error("the tiles never settle");
}

/** @throws if there is none */
export function applicationIn({ ak }: TileScene, name: string): Application {
  const found = ak.state.applications.find((application) => application.name === name);
  if (found === undefined) throw new Error(`no application ${name}`);
  return found;
}
