import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Exposure, Protection } from "../../src/domain/exposure.ts";
import type { Hostname } from "../../src/domain/hostname.ts";
import type { Path } from "../../src/domain/path.ts";
import { beneath, type Route, routeKey } from "../../src/domain/route.ts";
import { house } from "../../src/kinds/index.ts";
import { ruleOf } from "../../src/kinds/ingress/rules.ts";
import { standing } from "../../src/kinds/standing.ts";
import type { World } from "../../src/kinds/world.ts";
import { decide, noMemory } from "../../src/plan/decide.ts";
import { plan } from "../../src/plan/plan.ts";
import { type AccessView, admits, carryOut, emptyWorld, OWNER, type Request, reach, resolves, type Visitor } from "./model.ts";

const RUNS = Number(process.env["CFAUTH_TEST_RUNS"] ?? 5_000);

const ROUTES: readonly Route[] = [
  { hostname: "a.example.com" as Hostname, path: undefined },
  { hostname: "a.example.com" as Hostname, path: "/api" as Path },
  { hostname: "a.example.com" as Hostname, path: "/api/v1" as Path },
  { hostname: "b.example.com" as Hostname, path: undefined },
  { hostname: "*.example.com" as Hostname, path: undefined },
  { hostname: "*.example.com" as Hostname, path: "/api" as Path },
];
const REQUESTS: readonly Request[] = ["a.example.com", "b.example.com", "c.example.com"].flatMap((host) =>
  ["/", "/api", "/api/v1/x"].map((path) => ({ host, path })),
);
const VISITORS: readonly Visitor[] = ["anybody", "member"];

const protection: fc.Arbitrary<Protection> = fc.constantFrom<Protection>(
  { kind: "public" },
  { kind: "authentik", session: "24h" },
  { kind: "authentik", session: "1h" },
);

const exposure = (route: Route): fc.Arbitrary<Exposure> =>
  fc.record({
    route: fc.constant(route),
    origin: fc.constantFrom("http://one:80", "http://two:80", "http://three:80").map((service) => ({ service, options: {} })),
    protection,
    workload: fc.constantFrom("v", "w"),
    created: fc.constant(0),
    label: fc.constant("cfauth.hostname"),
    gate: fc.option(fc.constant("the health check"), { nil: undefined, freq: 8 }),
  });

const wishes: fc.Arbitrary<readonly Exposure[]> = fc
  .tuple(...ROUTES.map((route) => fc.option(exposure(route), { nil: undefined, freq: 2 })))
  .map((list) => list.filter((it) => it !== undefined));

type Step =
  | { readonly do: "wish"; readonly wishes: readonly Exposure[] }
  /** Some waves, the changes of each in some order, some of them failing; the process may die in the last. */
  | {
      readonly do: "waves";
      readonly rounds: number;
      readonly order: readonly number[];
      readonly fails: readonly boolean[];
      readonly dies: number;
    }
  /** Somebody deletes an object of ours by hand. */
  | { readonly do: "delete"; readonly what: "application" | "record"; readonly which: number }
  /** Long enough for every edge to have caught up, if the world is settled. */
  | { readonly do: "rest" };

const waves = fc.record({
  do: fc.constant("waves" as const),
  rounds: fc.integer({ min: 1, max: 12 }),
  order: fc.array(fc.nat(9), { minLength: 5, maxLength: 5 }),
  fails: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  dies: fc.integer({ min: 1, max: 12 }),
});

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: fc.record({ do: fc.constant("wish" as const), wishes }) },
  { weight: 3, arbitrary: waves },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("delete" as const),
      what: fc.constantFrom("application" as const, "record" as const),
      which: fc.nat(4),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: "rest" as const }) },
);

const HOUSE = house(OWNER);

/** One history: the true world, what edges may still believe of it, and every set of wishes that is neither old nor new yet. */
class History {
  world: World = emptyWorld();
  generations: (readonly Exposure[])[] = [[]];
  access: AccessView[] = [this.world];
  ingress: World["ingress"][] = [this.world.ingress];
  records: World["dns"]["mine"][] = [this.world.dns.mine];

  desired() {
    const exposures = this.generations.at(-1) ?? [];
    return decide(
      [{ exposures, faulty: [], problems: [] }],
      standing(this.world),
      () => false,
      noMemory,
      { graceMs: 0, startupGraceMs: 0 },
      0,
    ).desired;
  }

  plan() {
    return plan(HOUSE, this.desired(), this.world);
  }

  become(world: World): void {
    if (world.access !== this.world.access || world.policy !== this.world.policy) this.access = [...this.access, world].slice(-4);
    if (world.ingress !== this.world.ingress) this.ingress = [...this.ingress, world.ingress].slice(-4);
    if (world.dns.mine !== this.world.dns.mine) this.records = [...this.records, world.dns.mine].slice(-4);
    this.world = world;
    this.check();
  }

  /** Nobody reaches a service whom none of the wishes admits, whichever of the last states each part of the edge believes. */
  check(): void {
    for (const request of REQUESTS.filter(({ host }) => resolves(this.records, host)))
      for (const visitor of VISITORS)
        for (const { rules } of this.ingress)
          for (const view of this.access) {
            const service = reach(rules, view, request, visitor);
            if (service === undefined || !/one|two|three/.test(service)) continue;
            if (!this.generations.some((wanted) => admits(wanted, request, service, visitor)))
              throw new Error(`${visitor} reaches ${service} at ${request.host}${request.path}, which no wish admits`);
          }
  }

  take(it: Step): void {
    if (it.do === "wish") this.generations = [...this.generations, it.wishes];
    if (it.do === "waves") for (let round = 1; round <= it.rounds; round++) this.wave(it, round === it.rounds);
    if (it.do === "delete") this.delete(it);
    if (it.do === "rest" && this.plan().changes.length === 0) this.rest();
  }

  wave({ order, fails, dies }: Step & { do: "waves" }, last: boolean): void {
    const changes = this.plan().changes.map((change, index) => ({
      change,
      at: order[index % order.length] ?? 0,
      fails: fails[index % fails.length] === true && fails[(index + 1) % fails.length] === true,
    }));
    for (const { change, fails } of changes.toSorted((a, b) => a.at - b.at).slice(0, last ? dies : undefined))
      if (!fails) this.become(carryOut(this.world, change));
  }

  delete({ what, which }: Step & { do: "delete" }): void {
    const { access, dns } = this.world;
    if (what === "record") {
      const mine = new Map(dns.mine);
      mine.delete([...mine.keys()][which] ?? ("" as Hostname));
      return this.become({ ...this.world, dns: { ...dns, mine } });
    }
    const mine = new Map(access.mine);
    const key = [...mine.keys()][which];
    const route = ROUTES.find((it) => routeKey(it) === key);
    const rule = route && ruleOf(this.world, route);
    // A public rule whose application is deleted by hand can not be told from somebody else's any more.
    if (key === undefined || rule?.originRequest?.["access"] === undefined || !dns.mine.has(route?.hostname as Hostname)) return;
    // With its application a wildcard's visitor or a public route around it would answer at the edge: that is the hand's doing.
    if (standing(this.world).some((outer) => route && outer.public && beneath(route, outer.route))) return;
    mine.delete(key);
    this.become({ ...this.world, access: { ...access, mine } });
  }

  /** Waves without failures until nothing is left to do. */
  settle(): number {
    for (let waves = 0; waves < 40; waves++) {
      const { changes } = this.plan();
      if (changes.length === 0) return waves;
      for (const change of changes) this.become(carryOut(this.world, change));
    }
    throw new Error(`never settles: ${JSON.stringify(this.plan().changes.map(({ key, action }) => `${action} ${key}`))}`);
  }

  /** Where anybody and a member end up when they ask for the route itself. */
  visit({ route }: Exposure): (string | undefined)[] {
    const request = { host: route.hostname.replace("*", "c"), path: route.path ?? "/" };
    return VISITORS.map((visitor) =>
      resolves([this.world.dns.mine], request.host) ? reach(this.world.ingress.rules, this.world, request, visitor) : undefined,
    );
  }

  rest(): void {
    this.generations = this.generations.slice(-1);
    this.access = [this.world];
    this.ingress = [this.world.ingress];
    this.records = [this.world.dns.mine];
  }
}

const foreign = (world: World) => ({
  rules: world.ingress.rules.filter(({ service }) => !/one|two|three|503/.test(service)),
  rest: world.ingress.rest,
  catchAll: world.ingress.catchAll,
  theirs: world.dns.theirs,
  applications: world.access.theirs,
});

describe("the planner, over random wishes, orders, failures, deaths, hands of strangers and late edges", () => {
  it("lets nobody in whom neither an old nor the new wish admits, at any moment", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 24 }), (steps) => {
        const history = new History();
        for (const it of steps) history.take(it);
        history.settle();
      }),
      { numRuns: RUNS },
    );
  });

  it("comes to rest in a few waves with exactly the wished routes, and then has nothing to do", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 16 }), wishes, (steps, last) => {
        const history = new History();
        for (const it of steps) history.take(it);
        const ungated = last.map((wish) => ({ ...wish, gate: undefined }));
        history.take({ do: "wish", wishes: ungated });
        expect(history.settle()).toBeLessThan(24);
        expect(history.plan().live.toSorted()).toEqual(ungated.map(({ route }) => routeKey(route)).toSorted());
        expect([...history.world.access.mine.keys()].toSorted()).toEqual(ungated.map(({ route }) => routeKey(route)).toSorted());
        expect(history.world.policy.mine.length).toBe(new Set(ungated.map((wish) => wish.protection.kind)).size);
        history.rest();
        history.check();
        for (const wish of ungated)
          expect(history.visit(wish)).toEqual([wish.protection.kind === "public" ? wish.origin.service : undefined, wish.origin.service]);
      }),
      { numRuns: Math.ceil(RUNS / 5) },
    );
  });

  it("leaves what others made as it was, byte for byte and in its order, and takes no name of theirs", () => {
    const before = JSON.stringify(foreign(emptyWorld()));
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 16 }),
        fc
          .constantFrom("theirs.example.com", "x.wild.example.com", "*.wild.example.com")
          .chain((hostname) => exposure({ hostname: hostname as Hostname, path: undefined })),
        (steps, greedy) => {
          const history = new History();
          for (const it of steps) history.take(it.do === "wish" ? { ...it, wishes: [...it.wishes, greedy] } : it);
          history.settle();
          expect(JSON.stringify(foreign(history.world))).toBe(before);
          expect([...history.world.access.mine.keys(), ...history.world.dns.mine.keys()]).not.toContain(routeKey(greedy.route));
        },
      ),
      { numRuns: Math.ceil(RUNS / 5) },
    );
  });

  it("touches nothing of a route that is held as it is", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), wishes, (steps, next) => {
        const history = new History();
        for (const it of steps) history.take(it);
        history.take({ do: "wish", wishes: next });
        const held = new Set(ROUTES.filter(({ hostname }) => hostname === "a.example.com").map(routeKey));
        const { changes } = plan(HOUSE, { ...history.desired(), held }, history.world);
        expect(changes.filter(({ subject }) => subject.startsWith("a.example.com"))).toEqual([]);
      }),
      { numRuns: Math.ceil(RUNS / 10) },
    );
  });

  it("opens nothing whose gate is shut", () => {
    fc.assert(
      fc.property(wishes, (wanted) => {
        const history = new History();
        history.take({ do: "wish", wishes: wanted.map((wish) => ({ ...wish, gate: "the health check" })) });
        history.settle();
        expect([history.world.access.mine.size, history.world.dns.mine.size, history.plan().waiting.length]).toEqual([0, 0, wanted.length]);
      }),
      { numRuns: Math.ceil(RUNS / 10) },
    );
  });

  it("answers the same whatever order things come in", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const history = new History();
        for (const it of steps) history.take(it);
        const { changes } = history.plan();
        history.world = {
          ...history.world,
          access: { ...history.world.access, mine: new Map([...history.world.access.mine].toReversed()) },
          dns: { ...history.world.dns, mine: new Map([...history.world.dns.mine].toReversed()) },
        };
        expect(
          history
            .plan()
            .changes.map(({ key }) => key)
            .toSorted(),
        ).toEqual(changes.map(({ key }) => key).toSorted());
      }),
      { numRuns: Math.ceil(RUNS / 10) },
    );
  });
});
