import type { Lookups } from "../../core/domain/directory.ts";
import type { Exposure } from "../../core/domain/exposure.ts";
import type { Owner } from "../../core/domain/owner.ts";
import type { Problem } from "../../core/domain/problem.ts";
import { routeKey } from "../../core/domain/route.ts";
import { problemIdentity, type ServiceError } from "../../core/errors.ts";
import type { BestEffort } from "../../core/plan/resource.ts";
import type { Mine } from "../contract/owned.ts";
import { changedFields, extraBindings, missingBindings } from "./compare.ts";
import { desiredTile, slugOf } from "./desired.ts";
import type {
  DesiredTile,
  LibraryTileChange,
  ObservedLibraryTiles,
  Tile,
  TokenUser,
} from "./types.ts";

type Needs = { readonly tile: ObservedLibraryTiles; readonly lookups: Pick<Lookups, "groups"> };

/**
 * A tile for each route that people go to, seen by those who may enter.
 *
 * | the tile              | its route                                                          | then                    |
 * |-----------------------|--------------------------------------------------------------------|-------------------------|
 * | none can be looked at | any                                                                | say so, and do nothing  |
 * | absent                | live, its groups known                                             | create it               |
 * | absent                | live, its groups known, but somebody else has the slug             | say so                  |
 * | absent                | any other                                                          | nothing                 |
 * | ours, differs         | live, its groups known                                             | mend it                 |
 * | ours                  | held; wished, but not live just now or with a group that is unknown | leave it                |
 * | ours                  | not wished; hidden, a wildcard, the login; any where tiles are off | delete it               |
 * | refused since a look  | any of these that would change it                                  | say why, until the next |
 *
 * @param on - CFAUTH_TILES
 */
export const libraryTiles =
  (owner: Owner, on: boolean): BestEffort<Needs, LibraryTileChange> =>
  ({ tile: observed, lookups }, desired, live) => {
    if (observed.fault !== undefined) return { changes: [], problems: [observed.fault] };
    if (observed.me === undefined) return { changes: [], problems: [] };
    const context = {
      owner,
      observed,
      me: observed.me,
      groups: "found" in lookups.groups ? lookups.groups.found : [],
    };
    const shown = on ? [...desired.exposures.values()].filter(visited) : [];
    const kept = new Set(
      [...shown.map((exposure) => routeKey(exposure.route)), ...(on ? desired.frozen : [])].map(
        (key) => slugOf(owner, key),
      ),
    );
    const steps = [
      ...shown.flatMap((exposure) =>
        live.has(routeKey(exposure.route)) ? (write(context, exposure) ?? []) : [],
      ),
      ...[...observed.mine.values()].flatMap((at) => (kept.has(at.slug) ? [] : [remove(at)])),
    ].toSorted((a, b) => (a.slug < b.slug ? -1 : 1));
    return {
      changes: steps.flatMap(({ change, slug }) =>
        change === undefined || observed.failed.has(slug) ? [] : [change],
      ),
      problems: [
        ...steps.flatMap(({ problem }) => problem ?? []),
        ...refusals(steps, observed.failed),
      ],
    };
  };

/** Whether people go there by themselves: not to the login, nor to one of the many names of a wildcard. */
const visited = ({ route, protection, display }: Exposure): boolean =>
  protection.kind !== "login" && !display.hidden && !route.hostname.startsWith("*.");

interface Scene {
  readonly owner: Owner;
  readonly observed: ObservedLibraryTiles;
  readonly me: TokenUser;
  readonly groups: Parameters<typeof desiredTile>[2];
}

interface Step {
  readonly slug: string;
  readonly change?: LibraryTileChange;
  readonly problem?: Problem;
  /** For whom; undefined where nobody wishes it any more. */
  readonly exposure?: Exposure;
}

function write({ owner, observed, me, groups }: Scene, exposure: Exposure): Step | undefined {
  const desired = desiredTile(owner, exposure, groups, me);
  if (desired === undefined) return undefined;
  const { slug } = desired;
  const at = observed.mine.get(slug);
  const base = { kind: "tile", key: key(slug), subject: desired.route } as const;
  if (at === undefined)
    return observed.taken.has(slug)
      ? { slug, problem: taken(exposure, slug) }
      : { slug, exposure, change: { ...base, action: "create", desired } };
  return alike(at, desired, observed)
    ? undefined
    : { slug, exposure, change: { ...base, action: "update", existing: at, desired } };
}

const alike = (
  at: Tile,
  desired: DesiredTile,
  { acceptedNormalisations }: ObservedLibraryTiles,
): boolean =>
  Object.keys(changedFields(at, desired, acceptedNormalisations.get(at.slug))).length === 0 &&
  missingBindings(at, desired).length === 0 &&
  extraBindings(at, desired).length === 0;

const key = (slug: string) => `tile ${slug}`;

const remove = (at: Mine<Tile>): Step => ({
  slug: at.slug,
  change: {
    kind: "tile",
    action: "delete",
    key: key(at.slug),
    subject: /^https:\/\/(.+)$/.exec(at.launchUrl)?.[1] ?? at.name,
    existing: at,
  },
});

const LIBRARY = "in Authentik's library";

const warning = (
  about: Pick<Problem, "code" | "container" | "route" | "message" | "fix">,
): Problem => ({
  ...about,
  severity: "warning",
  label: undefined,
  effect: "unchanged",
});

const taken = ({ route, workload }: Exposure, slug: string): Problem =>
  warning({
    code: "CFA-AK-REFUSED",
    container: workload,
    route: routeKey(route),
    message: `the application ${slug} in Authentik is not this cfauth's, so ${routeKey(route)} has no tile ${LIBRARY}`,
    fix: `delete the application ${slug} in Authentik, or leave the route without a tile with the label app.hidden=true`,
  });

/** One for each reason: what a missing permission does to every tile is told once. */
function refusals(
  steps: readonly Step[],
  failed: ObservedLibraryTiles["failed"],
): readonly Problem[] {
  const refused = steps.flatMap((step) => {
    const error = step.change && failed.get(step.slug);
    return error === undefined ? [] : [{ error, exposure: step.exposure }];
  });
  const reasons = Map.groupBy(refused, ({ error }) => `${error.code} ${error.message}`);
  return [...reasons.values()].flatMap(([first, ...others]) =>
    first === undefined
      ? []
      : [
          others.length === 0
            ? refusal(first.error, first.exposure)
            : refusal(first.error, undefined),
        ],
  );
}

const refusal = (error: ServiceError, exposure: Exposure | undefined): Problem => ({
  ...warning({
    code: error.code,
    container: exposure?.workload,
    route: exposure && routeKey(exposure.route),
    message: `not every tile ${LIBRARY} is as it should be: ${error.message}`,
    fix: error.fix,
  }),
  ...problemIdentity(error, "tile"),
});

/** Why none could be looked at. */
export const areTilesUnavailable = ({ code, message, fix }: ServiceError): Problem =>
  warning({
    code,
    container: undefined,
    route: undefined,
    message: `the tiles ${LIBRARY} are left as they are: ${message}`,
    fix,
  });
