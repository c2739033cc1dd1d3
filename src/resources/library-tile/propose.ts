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
 * A tile for each route that people visit, visible to those who may enter.
 *
 * | the tile           | its route                                    | then                      |
 * |--------------------|----------------------------------------------|---------------------------|
 * | cannot be observed | any                                          | report it; change nothing |
 * | absent             | live, its groups known                       | create                    |
 * | absent             | live, its groups known, but the slug is      | report it                 |
 * |                    | foreign                                      |                           |
 * | absent             | any other                                    | nothing                   |
 * | ours, differs      | live, its groups known                       | update                    |
 * | ours               | frozen; or desired, but not live now or with | leave                     |
 * |                    | an unknown group                             |                           |
 * | ours               | not desired; hidden, a wildcard, the login;  | delete                    |
 * |                    | or tiles are off                             |                           |
 * | refused since the  | any that would change it                     | report why, until the     |
 * | last observation   |                                              | next observation          |
 *
 * @param enabled - CFAUTH_TILES
 */
export const libraryTiles =
  (owner: Owner, enabled: boolean): BestEffort<Needs, LibraryTileChange> =>
  ({ tile: observed, lookups }, desired, live) => {
    if (observed.fault !== undefined) return { changes: [], problems: [observed.fault] };
    if (observed.me === undefined) return { changes: [], problems: [] };
    const context = {
      owner,
      observed,
      me: observed.me,
      groups: "found" in lookups.groups ? lookups.groups.found : [],
    };
    const visible = enabled ? [...desired.exposures.values()].filter(isVisited) : [];
    const kept = new Set(
      [
        ...visible.map((exposure) => routeKey(exposure.route)),
        ...(enabled ? desired.frozen : []),
      ].map((key) => slugOf(owner, key)),
    );
    const liveExposures = visible.filter((exposure) => live.has(routeKey(exposure.route)));
    const unwanted = [...observed.mine.values()].filter((tile) => !kept.has(tile.slug));
    const steps = [
      ...liveExposures.flatMap((exposure) => writeStep(context, exposure) ?? []),
      ...unwanted.map(removalStep),
    ].toSorted((a, b) => (a.slug < b.slug ? -1 : 1));
    return {
      changes: steps.flatMap(({ change, slug }) =>
        change === undefined || observed.failed.has(slug) ? [] : [change],
      ),
      problems: [
        ...steps.flatMap(({ problem }) => problem ?? []),
        ...refusalProblems(steps, observed.failed),
      ],
    };
  };

/** Whether people visit it directly: not the login, and not the many names of a wildcard. */
const isVisited = ({ route, protection, display }: Exposure): boolean =>
  protection.kind !== "login" && !display.hidden && !route.hostname.startsWith("*.");

interface TileContext {
  readonly owner: Owner;
  readonly observed: ObservedLibraryTiles;
  readonly me: TokenUser;
  readonly groups: Parameters<typeof desiredTile>[2];
}

interface Step {
  readonly slug: string;
  readonly change?: LibraryTileChange;
  readonly problem?: Problem;
  /** The exposure that desires the tile; undefined if none does any more. */
  readonly exposure?: Exposure;
}

function writeStep(
  { owner, observed, me, groups }: TileContext,
  exposure: Exposure,
): Step | undefined {
  const desired = desiredTile(owner, exposure, groups, me);
  if (desired === undefined) return undefined;
  const { slug } = desired;
  const existing = observed.mine.get(slug);
  const base = { kind: "tile", key: keyOf(slug), subject: desired.route } as const;
  if (existing === undefined)
    return observed.taken.has(slug)
      ? { slug, problem: conflictProblem(exposure, slug) }
      : { slug, exposure, change: { ...base, action: "create", desired } };
  return isInSync(existing, desired, observed)
    ? undefined
    : { slug, exposure, change: { ...base, action: "update", existing, desired } };
}

const isInSync = (
  existing: Tile,
  desired: DesiredTile,
  { acceptedNormalisations }: ObservedLibraryTiles,
): boolean =>
  Object.keys(changedFields(existing, desired, acceptedNormalisations.get(existing.slug)))
    .length === 0 &&
  missingBindings(existing, desired).length === 0 &&
  extraBindings(existing, desired).length === 0;

const keyOf = (slug: string) => `tile ${slug}`;

const removalStep = (existing: Mine<Tile>): Step => ({
  slug: existing.slug,
  change: {
    kind: "tile",
    action: "delete",
    key: keyOf(existing.slug),
    subject: /^https:\/\/(.+)$/.exec(existing.launchUrl)?.[1] ?? existing.name,
    existing,
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

const conflictProblem = ({ route, workload }: Exposure, slug: string): Problem =>
  warning({
    code: "CFA-AK-REFUSED",
    container: workload,
    route: routeKey(route),
    message: `the application ${slug} in Authentik is not this cfauth's, so ${routeKey(route)} has no tile ${LIBRARY}`,
    fix: `delete the application ${slug} in Authentik, or leave the route without a tile with the label app.hidden=true`,
  });

/** One problem for each reason: a missing permission that affects every tile is reported once. */
function refusalProblems(
  steps: readonly Step[],
  failed: ObservedLibraryTiles["failed"],
): readonly Problem[] {
  const refused = steps.flatMap((step) => {
    const error = step.change && failed.get(step.slug);
    return error === undefined ? [] : [{ error, exposure: step.exposure }];
  });
  const reasons = Map.groupBy(refused, ({ error }) => `${error.code} ${error.message}`);
  return [...reasons.values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    return [refusalProblem(first.error, others.length === 0 ? first.exposure : undefined)];
  });
}

const refusalProblem = (error: ServiceError, exposure: Exposure | undefined): Problem => ({
  ...warning({
    code: error.code,
    container: exposure?.workload,
    route: exposure && routeKey(exposure.route),
    message: `some tiles ${LIBRARY} are not up to date: ${error.message}`,
    fix: error.fix,
  }),
  ...problemIdentity(error, "tile"),
});

/** The problem that no tile could be observed. */
export const areTilesUnavailable = ({ code, message, fix }: ServiceError): Problem =>
  warning({
    code,
    container: undefined,
    route: undefined,
    message: `the tiles ${LIBRARY} are left unchanged: ${message}`,
    fix,
  });
