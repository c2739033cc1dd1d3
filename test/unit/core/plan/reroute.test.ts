/** Routes whose labels have become faulty, while another container takes the name that their rules lead to. */

import { describe, expect, it } from "vitest";
import type { Exposure } from "../../../../src/core/domain/exposure.ts";
import {
  EMPTY_MEMORY,
  type ReconcileMemory,
  resolveDesired,
} from "../../../../src/core/plan/desired-state.ts";
import type { Engine, Occupant } from "../../../../src/core/plan/engine.ts";
import { type Plan, planChanges } from "../../../../src/core/plan/planner.ts";
import {
  type FaultyRoute,
  NOTHING_DESIRED,
  type RouteOwners,
} from "../../../../src/core/plan/types.ts";
import { hasWiderParent } from "../../../../src/resources/ingress-rule/nested.ts";
import { resourceModel } from "../../../../src/resources/model.ts";
import type { ObservedState } from "../../../../src/resources/observed.ts";
import type { AnyChange } from "../../../../src/resources/registry.ts";
import { deployedRoutes } from "../../../../src/resources/route/deployed.ts";
import {
  anybody,
  exposure,
  faultyRoute,
  key,
  NOTHING_RUNS,
  only,
  reachedExposure,
} from "../../../support/builders.ts";
import { carryOut, emptyWorld, OWNER } from "./model.ts";

const APP = "app.example.com";
const ADMIN = `${APP}/admin`;
const GRACE = { graceMs: 60_000, startupGraceMs: 300_000 };
const OWN = "http://0123456789ab:80";
const APP_RUNS: Occupant = { id: "app", party: exposure(APP).party, certain: true };
const STRANGER: Occupant = {
  id: "stranger",
  party: exposure(APP, { workload: "stranger" }).party,
  certain: true,
};

/** The container `app` runs, and another one has its name. */
const beside = (
  ownService: Engine["ownService"] = () => OWN,
  occupants: readonly Occupant[] = [STRANGER],
): Engine => ({
  ...NOTHING_RUNS,
  occupants: ({ service }) => (service === "http://app.tunnel:80" ? occupants : [APP_RUNS]),
  ownService: (service, owners) =>
    service === "http://app.tunnel:80" ? ownService(service, owners) : service,
});
const ALONE: Engine = {
  ...NOTHING_RUNS,
  occupants: () => [APP_RUNS],
  ownService: (service) => service,
};

interface Look {
  readonly world: ObservedState;
  readonly memory: ReconcileMemory;
}

function looked(
  at: Look,
  engine: Engine,
  exposures: readonly Exposure[],
  faulty: readonly FaultyRoute[] = [],
) {
  const { desired, memory } = resolveDesired(
    [{ exposures, faulty, problems: [] }],
    deployedRoutes(at.world),
    engine,
    at.memory,
    GRACE,
    0,
  );
  return { desired, memory, plan: planChanges(resourceModel(OWNER, false), desired, at.world) };
}

/** Everything is done that can be. */
function settled(
  at: Look,
  engine: Engine,
  exposures: readonly Exposure[],
  faulty: readonly FaultyRoute[] = [],
): Look {
  const { memory, plan: next } = looked(at, engine, exposures, faulty);
  const observed = next.changes.reduce(carryOut, at.world);
  return next.changes.length === 0
    ? { world: observed, memory }
    : settled({ world: observed, memory }, engine, exposures, faulty);
}

const START: Look = { world: emptyWorld(), memory: EMPTY_MEMORY };
const open = (...exposures: readonly Exposure[]): Look => settled(START, ALONE, exposures);
const family = reachedExposure(APP, { protection: only({ groups: ["family"] }) });
const labels = faultyRoute(APP);

const told = ({ changes }: Plan<AnyChange>) => changes.map(({ action, key }) => `${action} ${key}`);
const ledTo = ({ world: observed }: Look, service: string): ObservedState => ({
  ...observed,
  ingress: {
    ...observed.ingress,
    version: observed.ingress.version + 1,
    rules: observed.ingress.rules.map((rule) =>
      rule.service === "http://app.tunnel:80" ? { ...rule, service } : rule,
    ),
  },
});

describe("a route whose labels are faulty and whose name another container has taken", () => {
  it.each<{ name: string; occupants: readonly Occupant[] }>([
    { name: "that container alone answers", occupants: [STRANGER] },
    { name: "both answer", occupants: [APP_RUNS, STRANGER] },
    { name: "cfauth sees only its own there", occupants: [APP_RUNS] },
  ])(
    "leads to its own container, and nothing else of the world changes: $name",
    ({ occupants }) => {
      const before = open(family);
      expect(
        settled(
          before,
          beside(() => OWN, occupants),
          [],
          [labels],
        ).world,
      ).toEqual(ledTo(before, OWN));
    },
  );

  it("takes one change of its rule, and stays held", () => {
    const { desired, plan: next } = looked(open(family), beside(), [], [labels]);
    expect([[...desired.frozen], [...desired.reroutes], told(next)]).toEqual([
      [APP],
      [[APP, OWN]],
      [`update ingress ${APP}`],
    ]);
  });

  it("is shut where no host is its container's alone", () => {
    expect(
      settled(
        open(family),
        beside(() => undefined),
        [],
        [labels],
      ).world.ingress.rules,
    ).toEqual(emptyWorld().ingress.rules);
  });

  it.each<{ name: string; says: Partial<FaultyRoute>; service: string | undefined }>([
    {
      name: "stays public where its labels still say so",
      says: { saysPublic: true },
      service: OWN,
    },
    { name: "is shut where it was public and they do not", says: {}, service: undefined },
    {
      name: "is shut where its labels must not leave it open",
      says: { saysPublic: true, closeNow: true },
      service: undefined,
    },
  ])("$name", ({ says, service }) => {
    const before = open(reachedExposure(APP, { protection: anybody }));
    const { rules } = settled(before, beside(), [], [faultyRoute(APP, says)]).world.ingress;
    expect(rules.find(({ hostname }) => hostname === APP)?.service).toBe(service);
  });

  it("gets no rule that it had none of", () => {
    const { desired, plan: next } = looked(START, beside(), [], [labels]);
    expect([[...desired.reroutes], next.changes.filter(({ kind }) => kind === "ingress")]).toEqual([
      [],
      [],
    ]);
  });

  it("is shut while its container is missing", () => {
    const before = open(family);
    const { desired } = looked(before, beside(), []);
    expect([[...desired.frozen], [...desired.reroutes]]).toEqual([[], []]);
  });
});

describe("a path within it that is asked for no longer", () => {
  const outer = reachedExposure(APP, { protection: anybody });
  const admins = reachedExposure(ADMIN, { protection: only({ groups: ["admins"] }) });
  const public_ = faultyRoute(APP, { saysPublic: true });

  it("keeps the outer route from answering, and leads to the same container", () => {
    const before = settled(open(outer, admins), ALONE, [], [public_]);
    const services = (at: Look) =>
      at.world.ingress.rules
        .filter(({ hostname }) => hostname === APP)
        .map(({ service }) => service);
    expect([services(before), services(settled(before, beside(), [], [public_]))]).toEqual([
      ["http://app.tunnel:80", "http://app.tunnel:80"],
      [OWN, OWN],
    ]);
  });
});

describe("a container that was made again under another id, with faulty labels that leave out a path", () => {
  const [first, second] = ["http://0123456789ab:80", "http://ba9876543210:80"];
  const led = (at: string, protection: Exposure["protection"]) =>
    exposure(at, { origin: { service: first, options: {} }, protection });
  /** The rules still lead to the earlier id, which no container has. */
  const engine: Engine = {
    ...NOTHING_RUNS,
    occupants: () => [],
    ownService: (_, { recreated }) => (recreated ? second : undefined),
  };

  it("takes both rules along, so that the outer one never answers for the path", () => {
    const before = open(led(APP, anybody), led(ADMIN, only({ groups: ["admins"] })));
    const after = settled(before, engine, [], [faultyRoute(APP, { saysPublic: true })]);
    const rules = after.world.ingress.rules.filter(({ hostname }) => hostname === APP);
    expect(rules.map(({ path, service }) => [path?.includes("admin"), service])).toEqual([
      [true, second],
      [false, second],
    ]);
  });
});

describe("what lies within it", () => {
  const outer = reachedExposure(APP, { protection: anybody });
  const admins = reachedExposure(ADMIN, { protection: only({ groups: ["admins"] }) });
  const before = settled(open(outer, admins), ALONE, [], [faultyRoute(APP, { saysPublic: true })]);

  it("is not given up where it leads to the container already and the outer rule is on its way", () => {
    const rules = before.world.ingress.rules.map((rule) =>
      rule.path?.includes("admin") ? { ...rule, service: OWN } : rule,
    );
    const halfway = {
      ...before,
      world: { ...before.world, ingress: { ...before.world.ingress, rules } },
    };
    expect(
      told(looked(halfway, beside(), [], [faultyRoute(APP, { saysPublic: true })]).plan),
    ).toEqual([`update ingress ${APP}`]);
  });

  it("takes every spelling of its path before the outer rule has moved, as it does afterwards", () => {
    const wish = { ...admins, workload: "other", origin: { service: OWN, options: {} } };
    const reroutes = new Map([[key(APP), OWN]]);
    expect(
      [NOTHING_DESIRED, { ...NOTHING_DESIRED, reroutes }].map((desired) =>
        hasWiderParent(wish, before.world, desired),
      ),
    ).toEqual([false, true]);
  });
});

describe("whose the route is", () => {
  const owners = (
    memory: ReconcileMemory,
    ...faulty: readonly FaultyRoute[]
  ): readonly RouteOwners[] => {
    const asked: RouteOwners[] = [];
    const engine = beside(
      (service, its) => {
        asked.push(its);
        return service;
      },
      [APP_RUNS],
    );
    looked({ ...open(family), memory }, engine, [], faulty);
    return [...new Map(asked.map((it) => [JSON.stringify(it), it])).values()];
  };
  const { memory } = open(family);

  it("is known where the container had the route before, under the same name", () => {
    expect(owners(memory, labels)).toEqual([
      { members: ["app"], recreated: true, elsewhere: false },
    ]);
  });

  it("is not known by a name that cfauth has never seen", () => {
    expect(owners(EMPTY_MEMORY, labels)).toEqual([
      { members: ["app"], recreated: false, elsewhere: false },
    ]);
  });

  it("says whether a label asks for another place", () => {
    expect(owners(memory, faultyRoute(APP, { elsewhere: true }))).toEqual([
      { members: ["app"], recreated: true, elsewhere: true },
    ]);
  });

  it("is one container's that asks for it twice", () => {
    expect(owners(memory, labels, { ...labels, label: "cfauth.again.hostname" })).toEqual([
      { members: ["app"], recreated: true, elsewhere: false },
    ]);
  });

  it("is the winner's first, and then the party's", () => {
    const { party } = labels;
    expect(
      owners(
        memory,
        faultyRoute(APP, { workload: "second", party, members: ["second"], created: 1 }),
        labels,
      ),
    ).toEqual([{ members: ["app", "second"], recreated: true, elsewhere: false }]);
  });
});
