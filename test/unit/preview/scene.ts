/** A preview without a network: an observed state and the routes desired in it. */
import type { Exposure } from "../../../src/core/domain/exposure.ts";
import type { Problem } from "../../../src/core/domain/problem.ts";
import { resolveDesired } from "../../../src/core/plan/desired-state.ts";
import { planChanges } from "../../../src/core/plan/planner.ts";
import type { Change } from "../../../src/core/plan/resource.ts";
import { type DryRun, dryRun } from "../../../src/reconcile/dry-run.ts";
import type { ResourceDriver } from "../../../src/resources/contract/driver.ts";
import type { Drivers } from "../../../src/resources/drivers.ts";
import { resourceModel } from "../../../src/resources/model.ts";
import type { ObservedState } from "../../../src/resources/observed.ts";
import { deployedRoutes } from "../../../src/resources/route/deployed.ts";
import { running } from "../../support/builders.ts";
import { emptyAccount, OWNER } from "../core/plan/model.ts";

const NOBODY_ASKED = { groups: new Set<string>(), tokens: new Set<string>() };

/** The observing token belongs to an administrator, who sees all tiles. */
export const empty = (): ObservedState => {
  const observed = emptyAccount();
  return {
    ...observed,
    tunnel: {
      ...observed.tunnel,
      tunnel: { id: "t-1", name: "homelab", source: "cloudflare", connected: true },
    },
    tile: { ...observed.tile, me: { pk: 1, superuser: true } },
    lookups: {
      ...observed.lookups,
      groups: { found: ["admins", "family"].map((name) => ({ pk: `pk-${name}`, name })) },
    },
  };
};

/** @param problems - problems of faulty labels */
export function previewOf(
  observed: ObservedState,
  exposures: readonly Exposure[],
  problems: readonly Problem[] = [],
): Promise<DryRun> {
  const of = <S, C extends Change>(kind: C["kind"], seen: S): ResourceDriver<S, C> => ({
    kind,
    observe: async () => seen,
    apply: () => {
      throw new Error("a preview writes nothing");
    },
  });
  const drivers: Drivers = {
    tunnel: of("tunnel", observed.tunnel),
    login: of("login", observed.login),
    policy: of("policy", observed.policy),
    access: of("access", observed.access),
    ingress: of("ingress", observed.ingress),
    dns: of("dns", observed.dns),
    tile: { ...of("tile", observed.tile), observeByRoute: async (_routes, seen) => seen },
    lookups: { observe: async () => observed.lookups },
  };
  const grace = { graceMs: 60_000, startupGraceMs: 300_000 };
  return dryRun({
    list: async () => [],
    drivers,
    referencedNames: () => NOBODY_ASKED,
    decide: (_, observed, memory, now) =>
      resolveDesired(
        [{ exposures, faulty: [], problems }],
        deployedRoutes(observed),
        running(exposures),
        memory,
        grace,
        now,
      ),
    plan: ({ desired }, observed, failed) =>
      planChanges(resourceModel(OWNER), desired, observed, failed),
    now: () => 1_000_000,
  });
}

/** The observed state in which all of these routes are in sync. */
export const settled = async (...exposures: readonly Exposure[]): Promise<ObservedState> =>
  known((await previewOf(empty(), exposures)).after);

/** Fills in ids that a preview does not know. */
function known<T>(value: T): T {
  if (typeof value === "string") return value.replace(/\0known after (\d+)\0/g, "made-$1") as T;
  if (value instanceof Map)
    return new Map([...value].map(([key, inner]) => [key, known(inner)])) as T;
  if (Array.isArray(value)) return value.map(known) as T;
  if (typeof value !== "object" || value === null || value instanceof Set) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, known(inner)])) as T;
}
