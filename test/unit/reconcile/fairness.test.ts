/**
 * Who waits for whom, counted in changes. Each change of a slice costs Cloudflare one call; a wave
 * of rules or records costs one call in total.
 */
import { describe, expect, it } from "vitest";
import { composeProject } from "../../../src/core/domain/party.ts";
import type { Workload } from "../../../src/core/domain/workload.ts";
import {
  EMPTY_MEMORY,
  type ReconcileMemory as Remembered,
} from "../../../src/core/plan/desired-state.ts";
import { planChanges } from "../../../src/core/plan/planner.ts";
import { computeDesired } from "../../../src/reconcile/desired-state.ts";
import { RESERVED_CALLS, runPass } from "../../../src/reconcile/pass.ts";
import { CHANGES_PER_SLICE, MAX_HELD_RULES } from "../../../src/reconcile/slices.ts";
import { resourceModel } from "../../../src/resources/model.ts";
import { workload } from "../../support/builders.ts";
import {
  createInMemoryDrivers,
  type InMemoryDrivers,
  referencedNamesOf,
  SETTINGS,
  serviceError,
} from "../../support/in-memory-drivers.ts";
import { OWNER } from "../core/plan/model.ts";

const app = (
  name: string,
  labels: Workload["labels"] = {},
  more: Partial<Workload> = {},
): Workload => workload({ "cfauth.hostname": `${name}.example.com`, ...labels }, { name, ...more });

const many = (
  count: number,
  of: (n: number) => Workload = (n) => app(`app${n}`),
): readonly Workload[] => Array.from({ length: count }, (_, n) => of(n));

interface World extends InMemoryDrivers {
  workloads: readonly Workload[];
  events: number;
}

/** Containers that may change during a pass. */
function world(workloads: readonly Workload[]): World {
  return Object.assign(createInMemoryDrivers(), { workloads, events: 0 });
}

async function converge(
  at: World,
  list = async () => at.workloads,
  callsLeft = () => Number.POSITIVE_INFINITY,
) {
  let remembered: Remembered = EMPTY_MEMORY;
  return runPass(
    {
      list,
      drivers: at.drivers,
      decide: (found, seen) => {
        const decision = computeDesired(
          SETTINGS,
          { graceMs: 0, startupGraceMs: 0 },
          found,
          seen,
          remembered,
          0,
        );
        remembered = decision.memory;
        return decision;
      },
      referencedNames: referencedNamesOf,
      plan: ({ desired }, seen, failed) => planChanges(resourceModel(OWNER), desired, seen, failed),
      onChange: () => {},
      onPlan: () => {},
      events: () => at.events,
      callsLeft,
      signal: new AbortController().signal,
      dryRun: false,
    },
    undefined,
    at.observed,
  );
}

/** Runs something right before the `nth` change from now on is sent. */
function beforeChange(at: World, nth: number, happens: () => void): void {
  at.sent.length = 0;
  let count = 0;
  at.errorFor = () => {
    count += 1;
    if (count === nth) {
      happens();
      at.events += 1;
    }
    return undefined;
  };
}

/** The calls to Cloudflare between two changes. Rules and records are written many at a time. */
function callsBetween({ sent }: World, from: number, to: number): number {
  const kinds = sent.slice(from, to).map((it) => it.split(" ")[1] ?? "");
  return kinds.filter((kind, at) => !["ingress", "dns"].includes(kind) || kinds[at - 1] !== kind)
    .length;
}

const LIVE = app("wiki", {}, { created: 1 });

describe("200 routes that open", () => {
  it.each([1, 50, 150])(
    "a route that closes at change %i waits for less than one slice",
    async (nth) => {
      const at = world([LIVE]);
      await converge(at);
      at.workloads = [LIVE, ...many(200)];
      let since = 0;
      beforeChange(at, nth, () => {
        at.workloads = many(200);
        since = at.sent.length;
      });
      await converge(at);
      expect(
        callsBetween(at, since, at.sent.indexOf("delete dns wiki.example.com")),
      ).toBeLessThanOrEqual(CHANGES_PER_SLICE);
      expect([
        at.observed.ingress.rules.some(({ hostname }) => hostname === "wiki.example.com"),
        at.observed.dns.mine.size,
      ]).toEqual([false, 200]);
    },
  );

  it.each([1, 50, 150])(
    "a route that is narrowed at change %i waits for less than one slice",
    async (nth) => {
      const at = world([LIVE]);
      await converge(at);
      at.workloads = [LIVE, ...many(200)];
      let since = 0;
      beforeChange(at, nth, () => {
        at.workloads = [
          app("wiki", { "cfauth.access.emails": "ann@example.com" }, { created: 1 }),
          ...many(200),
        ];
        since = at.sent.length;
      });
      await converge(at);
      const policy = at.sent.findIndex(
        (it, index) => index >= since && it.startsWith("create policy") && it.includes("e-mail"),
      );
      const application = at.sent.findIndex(
        (it, index) => index >= since && it === "delete access wiki.example.com",
      );
      expect(callsBetween(at, since, policy)).toBeLessThanOrEqual(CHANGES_PER_SLICE);
      // The old logins end with their application, which is replaced right after its new policy
      // exists.
      expect(callsBetween(at, since, application)).toBeLessThanOrEqual(CHANGES_PER_SLICE + 1);
    },
  );

  it("a container that starts meanwhile has its application next and is open with the next hundred", async () => {
    const at = world(many(300));
    let since = 0;
    beforeChange(at, 100, () => {
      at.workloads = [...at.workloads, app("newcomer", {}, { created: 2_000_000 })];
      since = at.sent.length;
    });
    await converge(at);
    const begun = at.sent.indexOf("create access newcomer.example.com");
    expect(callsBetween(at, since, begun)).toBeLessThanOrEqual(CHANGES_PER_SLICE + 2);
    const open = at.sent.indexOf("create dns newcomer.example.com");
    expect(callsBetween(at, begun, open)).toBeLessThanOrEqual(MAX_HELD_RULES + 2);
  });

  it("the first hundred routes are open before the others' applications are created, and the rules are written four times", async () => {
    const at = world(many(400));
    let writes = 0;
    const { ingress } = at.drivers;
    const drivers = {
      ...at.drivers,
      ingress: {
        ...ingress,
        apply: (...args: Parameters<typeof ingress.apply>) => {
          writes += 1;
          return ingress.apply(...args);
        },
      },
    };
    await converge(Object.assign(at, { drivers }));
    const first = at.sent.findIndex((it) => it.startsWith("create dns"));
    expect(at.sent.slice(0, first).filter((it) => it.startsWith("create access"))).toHaveLength(
      MAX_HELD_RULES,
    );
    expect(writes).toBe(4);
    console.log(
      `figure: 400 routes open with ${writes} updates of the tunnel; the first are open after ${first} changes of ${at.sent.length}`,
    );
  });
});

describe("a party with many routes", () => {
  const project = composeProject("greedy");
  const greedy = many(5, (c) =>
    workload(
      Object.fromEntries(
        many(40, (n) => app(`g${c}-${n}`)).map(({ name }) => [
          `cfauth.${name}.hostname`,
          `${name}.example.com`,
        ]),
      ),
      {
        name: `greedy${c}`,
        party: project,
        created: 5_000_000,
      },
    ),
  );
  const others = many(10);

  it("a party with many routes does not keep others waiting: their applications are among the first", async () => {
    const at = world([...greedy, ...others]);
    await converge(at);
    const applications = at.sent.filter((it) => it.startsWith("create access"));
    const last = Math.max(
      ...others.map(({ name }) => applications.indexOf(`create access ${name}.example.com`)),
    );
    expect(last).toBeLessThanOrEqual(others.length + 1);
    expect(at.observed.dns.mine.size).toBe(210);
  });

  it("a party with many routes gives each of its own containers a turn", async () => {
    const at = world(greedy);
    await converge(at);
    const applications = at.sent.filter((it) => it.startsWith("create access g")).slice(0, 5);
    expect(new Set(applications.map((it) => /g(\d+)-/.exec(it)?.[1])).size).toBe(5);
  });
});

describe("few requests left before Cloudflare's limit", () => {
  it("with few requests left, openings wait and closings do not", async () => {
    const at = world([LIVE]);
    await converge(at);
    at.workloads = many(50);
    at.sent.length = 0;
    const result = await converge(at, undefined, () => RESERVED_CALLS - 1);
    expect([
      result.rationed,
      result.certain,
      at.sent.filter((it) => it.startsWith("create")),
    ]).toEqual([true, true, []]);
    expect(at.sent).toContain("delete dns wiki.example.com");
    expect(at.sent).toContain("delete ingress wiki.example.com");
  });

  it("with few requests left, as many routes open as leave the reserve, and the rest open once there is room again", async () => {
    const at = world(many(100));
    const left = () => RESERVED_CALLS + 50 - at.sent.length;
    const result = await converge(at, undefined, left);
    const made = at.observed.access.mine.size;
    expect([result.rationed, made > 30, made < 70]).toEqual([true, true, true]);
    expect((await converge(at, undefined, () => RESERVED_CALLS)).rationed).toBe(false);
    expect(at.observed.dns.mine.size).toBe(100);
  });
});

describe("listing containers again during a pass", () => {
  it("a pass continues with the known containers if they cannot be listed again", async () => {
    const at = world(many(40));
    let lists = 0;
    beforeChange(at, 10, () => {});
    const result = await converge(at, async () => {
      lists += 1;
      if (lists > 1) throw serviceError("docker");
      return at.workloads;
    });
    expect([lists > 1, result.certain, at.observed.dns.mine.size]).toEqual([true, true, 40]);
  });

  it("a pass does not list again if nothing happened", async () => {
    const at = world(many(200));
    let lists = 0;
    await converge(at, async () => {
      lists += 1;
      return at.workloads;
    });
    expect([lists, at.observed.dns.mine.size]).toEqual([1, 200]);
  });
});
