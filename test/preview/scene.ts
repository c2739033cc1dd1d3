/** A preview without network: a world as it is, and what is wished of it. */
import type { Exposure } from "../../src/core/domain/exposure.ts";
import type { Problem } from "../../src/core/domain/problem.ts";
import { resolveDesired } from "../../src/core/plan/desired-state.ts";
import { planChanges } from "../../src/core/plan/planner.ts";
import type { Change } from "../../src/core/plan/resource.ts";
import { type DryRun, dryRun } from "../../src/reconcile/dry-run.ts";
import type { ResourceDriver } from "../../src/resources/contract/driver.ts";
import type { Drivers } from "../../src/resources/drivers.ts";
import type { ObservedState } from "../../src/resources/observed.ts";
import { resourceModel } from "../../src/resources/registry.ts";
import { deployedRoutes } from "../../src/resources/route/deployed.ts";
import { running } from "../builders.ts";
import { emptyWorld, OWNER } from "../plan/model.ts";

const NOBODY_ASKED = { groups: new Set<string>(), tokens: new Set<string>() };

/** Someone whose token is an administrator's looks at the tiles. */
export const empty = (): ObservedState => {
  const world = emptyWorld();
  return {
    ...world,
    tunnel: { ...world.tunnel, tunnel: { id: "t-1", name: "homelab", source: "cloudflare", connected: true } },
    tile: { ...world.tile, me: { pk: 1, superuser: true } },
    directory: { ...world.directory, groups: { found: ["admins", "family"].map((name) => ({ pk: `pk-${name}`, name })) } },
  };
};

/** @param problems - of labels that cannot be read */
export function previewOf(world: ObservedState, wishes: readonly Exposure[], problems: readonly Problem[] = []): Promise<DryRun> {
  const of = <S, C extends Change>(kind: C["kind"], seen: S): ResourceDriver<S, C> => ({
    kind,
    observe: async () => seen,
    apply: () => {
      throw new Error("a preview writes nothing");
    },
  });
  const hands: Drivers = {
    tunnel: of("tunnel", world.tunnel),
    login: of("login", world.login),
    policy: of("policy", world.policy),
    access: of("access", world.access),
    ingress: of("ingress", world.ingress),
    dns: of("dns", world.dns),
    tile: { ...of("tile", world.tile), seek: async (_routes, seen) => seen },
    directory: { observe: async () => world.directory },
  };
  const grace = { graceMs: 60_000, startupGraceMs: 300_000 };
  return dryRun({
    list: async () => [],
    hands,
    asked: () => NOBODY_ASKED,
    decide: (_, seen, memory, now) =>
      resolveDesired([{ exposures: wishes, faulty: [], problems }], deployedRoutes(seen), running(wishes), memory, grace, now),
    plan: ({ desired }, seen, failed) => planChanges(resourceModel(OWNER), desired, seen, failed),
    now: () => 1_000_000,
  });
}

/** The world in which all these are as they wish. */
export const settled = async (...wishes: readonly Exposure[]): Promise<ObservedState> => known((await previewOf(empty(), wishes)).after);

/** With ids in place of those that a preview does not know. */
function known<T>(value: T): T {
  if (typeof value === "string") return value.replace(/\0known after (\d+)\0/g, "made-$1") as T;
  if (value instanceof Map) return new Map([...value].map(([key, inner]) => [key, known(inner)])) as T;
  if (Array.isArray(value)) return value.map(known) as T;
  if (typeof value !== "object" || value === null || value instanceof Set) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, known(inner)])) as T;
}
