/** Routes with faulty labels, while another container takes the name that their rules lead to. */

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
import { applyChange, emptyAccount, OWNER } from "./model.ts";

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

/** Container `app` runs, and another container has its name. */
const besideStranger = (
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

interface State {
  readonly observed: ObservedState;
  readonly memory: ReconcileMemory;
}

function runPass(
  at: State,
  engine: Engine,
  exposures: readonly Exposure[],
  faulty: readonly FaultyRoute[] = [],
) {
  const { desired, memory } = resolveDesired(
    [{ exposures, faulty, problems: [] }],
    deployedRoutes(at.observed),
    engine,
    at.memory,
    GRACE,
    0,
  );
  return { desired, memory, plan: planChanges(resourceModel(OWNER, false), desired, at.observed) };
}

/** Applies all changes until nothing is left to do. */
function settle(
  at: State,
  engine: Engine,
  exposures: readonly Exposure[],
  faulty: readonly FaultyRoute[] = [],
): State {
  const { memory, plan: next } = runPass(at, engine, exposures, faulty);
  const observed = next.changes.reduce(applyChange, at.observed);
  return next.changes.length === 0
    ? { observed, memory }
    : settle({ observed, memory }, engine, exposures, faulty);
}

const START: State = { observed: emptyAccount(), memory: EMPTY_MEMORY };
const open = (...exposures: readonly Exposure[]): State => settle(START, ALONE, exposures);
const family = reachedExposure(APP, { protection: only({ groups: ["family"] }) });
const labels = faultyRoute(APP);

const keysOf = ({ changes }: Plan<AnyChange>) =>
  changes.map(({ action, key }) => `${action} ${key}`);
const withRulesLeadingTo = ({ observed }: State, service: string): ObservedState => ({
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
    { name: "only the other container answers", occupants: [STRANGER] },
    { name: "both containers answer", occupants: [APP_RUNS, STRANGER] },
    { name: "cfauth sees only the route's own container there", occupants: [APP_RUNS] },
  ])(
    "a faulty route is rerouted to its own container and nothing else changes: $name",
    ({ occupants }) => {
      const before = open(family);
      expect(
        settle(
          before,
          besideStranger(() => OWN, occupants),
          [],
          [labels],
        ).observed,
      ).toEqual(withRulesLeadingTo(before, OWN));
    },
  );

  it("a reroute is a single change of the rule, and the route stays frozen", () => {
    const { desired, plan: next } = runPass(open(family), besideStranger(), [], [labels]);
    expect([[...desired.frozen], [...desired.reroutes], keysOf(next)]).toEqual([
      [APP],
      [[APP, OWN]],
      [`update ingress ${APP}`],
    ]);
  });

  it("a faulty route is closed if no host leads only to its container", () => {
    expect(
      settle(
        open(family),
        besideStranger(() => undefined),
        [],
        [labels],
      ).observed.ingress.rules,
    ).toEqual(emptyAccount().ingress.rules);
  });

  it.each<{ name: string; says: Partial<FaultyRoute>; service: string | undefined }>([
    {
      name: "a rerouted public route stays open if its labels still say public",
      says: { saysPublic: true },
      service: OWN,
    },
    {
      name: "a rerouted public route is closed if its labels do not say public",
      says: {},
      service: undefined,
    },
    {
      name: "a rerouted public route is closed if its labels must not keep it open",
      says: { saysPublic: true, closeNow: true },
      service: undefined,
    },
  ])("$name", ({ says, service }) => {
    const before = open(reachedExposure(APP, { protection: anybody }));
    const { rules } = settle(before, besideStranger(), [], [faultyRoute(APP, says)]).observed
      .ingress;
    expect(rules.find(({ hostname }) => hostname === APP)?.service).toBe(service);
  });

  it("a faulty route without a rule does not get one", () => {
    const { desired, plan: next } = runPass(START, besideStranger(), [], [labels]);
    expect([[...desired.reroutes], next.changes.filter(({ kind }) => kind === "ingress")]).toEqual([
      [],
      [],
    ]);
  });

  it("a route is closed while its container is missing and another container has its name", () => {
    const before = open(family);
    const { desired } = runPass(before, besideStranger(), []);
    expect([[...desired.frozen], [...desired.reroutes]]).toEqual([[], []]);
  });
});

describe("a path that faulty labels no longer ask for", () => {
  const outer = reachedExposure(APP, { protection: anybody });
  const admins = reachedExposure(ADMIN, { protection: only({ groups: ["admins"] }) });
  const publicLabels = faultyRoute(APP, { saysPublic: true });

  it("a path no longer asked for stays protected from the outer route, and both lead to the same container", () => {
    const before = settle(open(outer, admins), ALONE, [], [publicLabels]);
    const services = (at: State) =>
      at.observed.ingress.rules
        .filter(({ hostname }) => hostname === APP)
        .map(({ service }) => service);
    expect([
      services(before),
      services(settle(before, besideStranger(), [], [publicLabels])),
    ]).toEqual([
      ["http://app.tunnel:80", "http://app.tunnel:80"],
      [OWN, OWN],
    ]);
  });
});

describe("a container recreated under another id, with faulty labels that omit a path", () => {
  const [first, second] = ["http://0123456789ab:80", "http://ba9876543210:80"];
  const exposureAt = (at: string, protection: Exposure["protection"]) =>
    exposure(at, { origin: { service: first, options: {} }, protection });
  /** The rules still lead to the earlier id, which no container has any more. */
  const engine: Engine = {
    ...NOTHING_RUNS,
    occupants: () => [],
    ownService: (_, { recreated }) => (recreated ? second : undefined),
  };

  it("both rules follow a recreated container, so the outer rule never answers for the path", () => {
    const before = open(exposureAt(APP, anybody), exposureAt(ADMIN, only({ groups: ["admins"] })));
    const after = settle(before, engine, [], [faultyRoute(APP, { saysPublic: true })]);
    const rules = after.observed.ingress.rules.filter(({ hostname }) => hostname === APP);
    expect(rules.map(({ path, service }) => [path?.includes("admin"), service])).toEqual([
      [true, second],
      [false, second],
    ]);
  });
});

describe("a path inside a route that is rerouted", () => {
  const outer = reachedExposure(APP, { protection: anybody });
  const admins = reachedExposure(ADMIN, { protection: only({ groups: ["admins"] }) });
  const before = settle(open(outer, admins), ALONE, [], [faultyRoute(APP, { saysPublic: true })]);

  it("an inner path that already leads to the container is not removed while the outer rule is still being moved", () => {
    const rules = before.observed.ingress.rules.map((rule) =>
      rule.path?.includes("admin") ? { ...rule, service: OWN } : rule,
    );
    const halfway = {
      ...before,
      observed: { ...before.observed, ingress: { ...before.observed.ingress, rules } },
    };
    expect(
      keysOf(runPass(halfway, besideStranger(), [], [faultyRoute(APP, { saysPublic: true })]).plan),
    ).toEqual([`update ingress ${APP}`]);
  });

  it("an inner path matches every spelling before and after the outer rule is moved", () => {
    const wanted = { ...admins, workload: "other", origin: { service: OWN, options: {} } };
    const reroutes = new Map([[key(APP), OWN]]);
    expect(
      [NOTHING_DESIRED, { ...NOTHING_DESIRED, reroutes }].map((desired) =>
        hasWiderParent(wanted, before.observed, desired),
      ),
    ).toEqual([false, true]);
  });
});

describe("the owners of a faulty route", () => {
  const owners = (
    memory: ReconcileMemory,
    ...faulty: readonly FaultyRoute[]
  ): readonly RouteOwners[] => {
    const queried: RouteOwners[] = [];
    const engine = besideStranger(
      (service, its) => {
        queried.push(its);
        return service;
      },
      [APP_RUNS],
    );
    runPass({ ...open(family), memory }, engine, [], faulty);
    return [...new Map(queried.map((it) => [JSON.stringify(it), it])).values()];
  };
  const { memory } = open(family);

  it("a recreated container owns the route if cfauth saw it there under the same name", () => {
    expect(owners(memory, labels)).toEqual([
      { members: ["app"], recreated: true, elsewhere: false },
    ]);
  });

  it("a name that cfauth has never seen does not prove ownership of the route", () => {
    expect(owners(EMPTY_MEMORY, labels)).toEqual([
      { members: ["app"], recreated: false, elsewhere: false },
    ]);
  });

  it("owners include whether a label asks for another place", () => {
    expect(owners(memory, faultyRoute(APP, { elsewhere: true }))).toEqual([
      { members: ["app"], recreated: true, elsewhere: true },
    ]);
  });

  it("a container that asks for the route twice is one owner", () => {
    expect(owners(memory, labels, { ...labels, label: "cfauth.again.hostname" })).toEqual([
      { members: ["app"], recreated: true, elsewhere: false },
    ]);
  });

  it("owners list the winner first and then the other members of its party", () => {
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
