import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Audience, Exposure, Protection } from "../../../../src/core/domain/exposure.ts";
import type { Hostname } from "../../../../src/core/domain/hostname.ts";
import { composeProject, type Party } from "../../../../src/core/domain/party.ts";
import type { Path } from "../../../../src/core/domain/path.ts";
import { isNestedIn, type Route, routeKey } from "../../../../src/core/domain/route.ts";
import {
  EMPTY_MEMORY,
  type ReconcileMemory,
  resolveDesired,
} from "../../../../src/core/plan/desired-state.ts";
import type { Engine } from "../../../../src/core/plan/engine.ts";
import { planChanges } from "../../../../src/core/plan/planner.ts";
import type { AccessApplication } from "../../../../src/resources/access-application/types.ts";
import { policyNames } from "../../../../src/resources/access-policy/audience.ts";
import { markOwned } from "../../../../src/resources/contract/owned.ts";
import { loginCheckOf, ruleOf } from "../../../../src/resources/ingress-rule/rules.ts";
import type { RawRule } from "../../../../src/resources/ingress-rule/types.ts";
import { resourceModel } from "../../../../src/resources/model.ts";
import type { ObservedState } from "../../../../src/resources/observed.ts";
import { deployedRoutes } from "../../../../src/resources/route/deployed.ts";
import { everyone, plain } from "../../../support/builders.ts";
import {
  type AccessView,
  admits,
  applicationFor,
  applyChange,
  emptyAccount,
  handMade,
  judge,
  OWNER,
  type Request,
  reach,
  resolves,
  ruleFor,
  through,
  VISITORS,
  welcomes,
} from "./model.ts";

/** Mutants only need the failure, without shrinking, and always the same runs. */
fc.configureGlobal({
  endOnFailure: process.env["CFAUTH_TEST_SHRINK"] === "false",
  ...(process.env["CFAUTH_TEST_SEED"] && { seed: Number(process.env["CFAUTH_TEST_SEED"]) }),
});

const RUNS = Number(process.env["CFAUTH_TEST_RUNS"] ?? 5_000);

const ROUTES: readonly Route[] = [
  { hostname: "a.example.com" as Hostname, path: undefined },
  { hostname: "a.example.com" as Hostname, path: "/api" as Path },
  { hostname: "a.example.com" as Hostname, path: "/api/v1" as Path },
  { hostname: "b.example.com" as Hostname, path: undefined },
  { hostname: "*.example.com" as Hostname, path: undefined },
  { hostname: "*.example.com" as Hostname, path: "/api" as Path },
];
/** Authentik's own hostname. */
const LOGIN: Route = { hostname: "auth.example.com" as Hostname, path: undefined };
/** A hostname with objects made by hand. */
const HAND_MADE: Route = { hostname: "d.example.com" as Hostname, path: undefined };
const SERVICES = /one|two|three/;
const REQUESTS: readonly Request[] = [
  ...["a.example.com", "b.example.com", "c.example.com"].flatMap((host) =>
    ["/", "/api", "/api/v1/x"].map((path) => ({ host, path })),
  ),
  // Paths that could lead an origin that normalises paths out of a prefix, and back into one.
  ...["/api/../x", "/api/..;/x", "//api/x", "/API", "/api.json", "/Api/V1/x"].map((path) => ({
    host: "a.example.com",
    path,
  })),
  { host: "auth.example.com", path: "/" },
  { host: "d.example.com", path: "/" },
  { host: "photos.example.com", path: "/" },
];

const audience: fc.Arbitrary<Audience> = fc
  .constantFrom<Partial<Audience>>(
    {},
    { groups: ["family"] },
    { groups: ["admins"] },
    { groups: ["admins", "family"] },
    { groups: ["admins"], policies: ["friends"] },
    { groups: ["family"], tokens: [{ id: "token", name: "backup" }] },
    { groups: ["admins"], tokens: "any" },
  )
  .map((it) => ({ ...everyone, ...it }));

const protection: fc.Arbitrary<Protection> = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Protection>({ kind: "public" }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("authentik" as const),
      session: fc.constantFrom("24h", "1h"),
      audience,
    }),
  },
);

const HOME = composeProject("home");
const SHOP = composeProject("shop");
/** Two containers of one project and one of another. */
const OWNERS: Readonly<Record<string, Party>> = {
  "http://one:80": HOME,
  "http://two:80": HOME,
  "http://three:80": SHOP,
};

const exposure = (route: Route): fc.Arbitrary<Exposure> =>
  asked(route).map((it) => ({ ...it, party: OWNERS[it.origin.service] ?? HOME }));

const asked = (route: Route): fc.Arbitrary<Exposure> =>
  fc.record({
    route: fc.constant(route),
    origin: fc
      .constantFrom(
        "http://one:80",
        "http://two:80",
        ...(route === LOGIN ? [] : ["http://three:80"]),
      )
      .map((service) => ({ service, options: {} })),
    protection: route === LOGIN ? fc.constant<Protection>({ kind: "login" }) : protection,
    display: fc.constant(plain),
    adopt: fc.constant(route === HAND_MADE),
    party: fc.constant(HOME),
    shareWith: fc.constant(["*"]),
    shareLabel: fc.constant(undefined),
    workload: fc.constantFrom("v", "w"),
    created: fc.constant(0),
    label: fc.constant("cfauth.hostname"),
    notReadyReason: fc.option(fc.constant("the health check"), { nil: undefined, freq: 8 }),
    adoptHint: fc.constant(""),
  });

const wishesAt = (routes: readonly Route[]): fc.Arbitrary<readonly Exposure[]> =>
  fc
    .tuple(...routes.map((route) => fc.option(exposure(route), { nil: undefined, freq: 2 })))
    .map((list) => list.filter((it) => it !== undefined));

const wishes = wishesAt([...ROUTES, LOGIN]);

type Step =
  | { readonly do: "wish"; readonly wishes: readonly Exposure[] }
  /** Some waves, each in some order and with some failures. The process may die in the last one. */
  | {
      readonly do: "waves";
      readonly rounds: number;
      readonly order: readonly number[];
      readonly fails: readonly boolean[];
      readonly dies: number;
    }
  /** Somebody deletes an object of ours by hand. */
  | { readonly do: "delete"; readonly what: "application" | "record"; readonly which: number }
  /** Another writer saves an old copy of the tunnel's configuration. */
  | { readonly do: "restore"; readonly which: number }
  /** Time for every edge to catch up, if nothing is left to do. */
  | { readonly do: "rest" };

const waves = fc.record({
  do: fc.constant("waves" as const),
  rounds: fc.integer({ min: 1, max: 12 }),
  order: fc.array(fc.nat(9), { minLength: 5, maxLength: 5 }),
  fails: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  dies: fc.integer({ min: 1, max: 12 }),
});

const wish = (of: fc.Arbitrary<readonly Exposure[]>) =>
  fc.record({ do: fc.constant("wish" as const), wishes: of });
const rest = fc.constant({ do: "rest" as const });

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 2, arbitrary: wish(wishes) },
  { weight: 3, arbitrary: waves },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("delete" as const),
      what: fc.constantFrom("application" as const, "record" as const),
      which: fc.nat(4),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restore" as const), which: fc.nat(20) }) },
  { weight: 1, arbitrary: rest },
);

const MODEL = resourceModel(OWNER);

/** Each service runs while any of its containers asks for something. */
const engineOf = (exposures: readonly Exposure[]): Engine => ({
  occupants: ({ service = "" }) => {
    const party = exposures.find(({ origin }) => origin.service === service)?.party;
    return party === undefined ? [] : [{ id: service, party, certain: true }];
  },
  ownService: () => undefined,
  isRunning: (container) =>
    exposures.some(
      ({ workload, party }) => workload === container.workload && party === container.party,
    ),
  login: {
    hostname: LOGIN.hostname,
    container: { kind: "found", party: HOME, ids: new Set(["v", "w"]), names: new Set(["v", "w"]) },
  },
});

/** Caches what is found for a request, because each state is examined after many changes. */
function remembered<S extends object, T>(
  find: (state: S, request: Request) => T,
): (state: S, request: Request) => T {
  const known = new WeakMap<S, Map<Request, T>>();
  return (state, request) => {
    const found = known.get(state) ?? new Map<Request, T>();
    known.set(state, found);
    if (!found.has(request)) found.set(request, find(state, request));
    return found.get(request) as T;
  };
}

const ruleAt = remembered(({ rules }: ObservedState["ingress"], request) =>
  ruleFor(rules, request),
);
const applicationAt = remembered((access: ObservedState["access"], request) =>
  applicationFor({ access }, request),
);

/**
 * One history: the actual state, the states that edges may still see, and every set of exposures
 * that may still be in force.
 */
class History {
  world: ObservedState;
  generations: (readonly Exposure[])[] = [[]];
  access: AccessView[];
  ingress: ObservedState["ingress"][];
  records: ObservedState["dns"][];
  /** Every version of the tunnel's configuration, with the exposures of its time. */
  copies: {
    readonly ingress: ObservedState["ingress"];
    readonly generations: (readonly Exposure[])[];
  }[] = [];
  readonly late: boolean;
  /** Lost when the process dies. */
  memory: ReconcileMemory = EMPTY_MEMORY;
  /** The party of each application, by its audience tag. */
  readonly guarded = new Map<string, string>();
  /**
   * Current logins as `visitor aud`. They stay valid until revoked, whatever the policies say
   * meanwhile.
   */
  logins: ReadonlySet<string> = new Set();

  /** @param late - whether edges may still see any of the latest states */
  constructor(observed = emptyAccount(), late = true) {
    this.late = late;
    this.world = observed;
    this.access = [observed];
    this.ingress = [observed.ingress];
    this.records = [observed.dns];
  }

  desired() {
    const exposures = this.generations.at(-1) ?? [];
    const decision = resolveDesired(
      [{ exposures, faulty: [], problems: [] }],
      deployedRoutes(this.world),
      engineOf(exposures),
      this.memory,
      { graceMs: 0, startupGraceMs: 0 },
      0,
    );
    this.memory = decision.memory;
    return decision.desired;
  }

  plan() {
    return planChanges(MODEL, this.desired(), this.world);
  }

  /** Applies one change to the actual state. */
  change(change: ReturnType<History["plan"]>["changes"][number]): void {
    const observed = applyChange(this.world, change);
    if (change.kind === "access" && "desired" in change) {
      const aud = observed.access.mine.get(change.desired.route)?.aud;
      if (aud !== undefined)
        this.belongs(
          aud,
          this.generations.at(-1)?.find(({ route }) => routeKey(route) === change.desired.route)
            ?.party,
        );
    }
    // A takeover waits until cloudflared runs the new configuration.
    if (observed.ingress.propagated && observed.ingress !== this.world.ingress) this.ingress = [];
    this.become(observed);
  }

  become(observed: ObservedState): void {
    const states = this.late ? 4 : 1;
    if (observed.access !== this.world.access || observed.policy !== this.world.policy)
      this.access = [...this.access, observed].slice(-states);
    if (observed.ingress !== this.world.ingress)
      this.ingress = [...this.ingress, observed.ingress].slice(-states);
    if (observed.ingress !== this.world.ingress)
      this.copies.push({ ingress: this.world.ingress, generations: this.generations });
    if (observed.dns !== this.world.dns)
      this.records = [...this.records, observed.dns].slice(-states);
    this.world = observed;
    this.check();
    this.checkHands();
  }

  /**
   * An application belongs to one party, both by the exposure it was written for and by the rules
   * that check its logins.
   * Otherwise a login for one party's container would be valid at another's.
   */
  checkHands(): void {
    for (const { route, aud } of this.world.access.mine.values()) {
      const at = ROUTES.find((it) => routeKey(it) === route);
      const rule = at && ruleOf(this.world, at);
      if (rule !== undefined && loginCheckOf(rule)?.audTag.includes(aud))
        this.belongs(aud, OWNERS[rule.service]);
    }
  }

  belongs(aud: string, party: Party | undefined): void {
    const before = this.guarded.get(aud) ?? party;
    if (before === undefined) return;
    if (party !== undefined && before !== party)
      throw new Error(`${aud} was ${before}'s application and is ${party}'s now`);
    this.guarded.set(aud, before);
  }

  /**
   * No visitor reaches a service without an exposure that admits them, whichever of the latest
   * states each part of the edge sees.
   */
  check(): void {
    for (const request of REQUESTS.filter(({ host }) => resolves(this.records, host))) {
      const rules = new Set(this.ingress.map((state) => ruleAt(state, request)));
      const views = this.access.map((view) => ({
        view,
        application: applicationAt(view.access, request),
      }));
      for (const visitor of VISITORS)
        for (const rule of rules)
          for (const { view, application } of views) {
            const service = through(rule, application, view, visitor);
            if (service === undefined || this.may(request, service, visitor)) continue;
            throw new Error(
              `${visitor.name} reaches ${service} at ${request.host}${request.path}, which no wish admits`,
            );
          }
    }
  }

  may(request: Request, service: string, visitor: (typeof VISITORS)[number]): boolean {
    // Hand-made objects show their service only to those whom their application admits.
    if (service === "http://old:80") return visitor.groups !== undefined;
    return (
      !SERVICES.test(service) ||
      this.generations.some((wanted) => admits(wanted, request, service, visitor))
    );
  }

  /** Everyone who is admitted somewhere now has a login from then on. */
  logIn(view: AccessView = this.world): void {
    const open = [...view.access.mine.values()].flatMap((application) =>
      VISITORS.filter(
        (visitor) =>
          judge(application, view, visitor, this.logins) === "allow" &&
          visitor.groups !== undefined,
      ).map(({ name }) => `${name} ${application.aud}`),
    );
    this.logins = new Set([...this.logins, ...open]);
  }

  take(it: Step): void {
    // Labels change only when a container is recreated. By then earlier writes have reached every
    // edge.
    if (it.do === "wish")
      [this.access, this.ingress, this.records] = [
        [this.world],
        [this.world.ingress],
        [this.world.dns],
      ];
    if (it.do === "wish") this.generations = [...this.generations, it.wishes];
    if (it.do === "waves")
      for (let round = 1; round <= it.rounds; round++) this.wave(it, round === it.rounds);
    if (it.do === "delete") this.delete(it);
    if (it.do === "restore") this.restore(it.which);
    if (it.do === "rest" && this.plan().changes.length === 0) this.rest();
  }

  wave({ order, fails, dies }: Step & { do: "waves" }, last: boolean): void {
    const changes = this.plan().changes.map((change, index) => ({
      change,
      at: order[index % order.length] ?? 0,
      fails: fails[index % fails.length] === true && fails[(index + 1) % fails.length] === true,
    }));
    for (const { change, fails } of changes
      .toSorted((a, b) => a.at - b.at)
      .slice(0, last ? dies : undefined))
      if (!fails) this.change(change);
    if (last && dies < changes.length) this.memory = EMPTY_MEMORY;
  }

  /**
   * The other writer is responsible for what the copy opens: it may show what was desired at its
   * time until the state has settled again.
   */
  restore(which: number): void {
    const copy = this.copies.at(-1 - which);
    if (copy === undefined) return;
    this.generations = [...copy.generations, ...this.generations];
    const { ingress } = this.world;
    this.become({
      ...this.world,
      ingress: {
        ...ingress,
        rules: copy.ingress.rules,
        version: ingress.version + 1,
        propagated: false,
      },
    });
  }

  /** Rules as an earlier version wrote them. */
  forgetMarks(takesMark: boolean): void {
    const { ingress } = this.world;
    const rules = ingress.rules.map((rule) => ruleWithoutMark(rule));
    this.become({ ...this.world, ingress: { ...ingress, rules, takesMark } });
    this.rest();
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
    if (key === undefined) return;
    // Skipped: without this application a public route around it would answer at the edge, which
    // would be the fault of whoever deleted it.
    if (
      deployedRoutes(this.world).some(
        (outer) => route && outer.public && isNestedIn(route, outer.route),
      )
    )
      return;
    mine.delete(key);
    this.become({ ...this.world, access: { ...access, mine } });
  }

  /** Runs waves without failures until nothing is left to do. */
  settle(): number {
    for (let waves = 0; waves < 40; waves++) {
      const { changes } = this.plan();
      if (changes.length === 0) return waves;
      for (const change of changes) this.change(change);
    }
    throw new Error(
      `never settles: ${JSON.stringify(this.plan().changes.map(({ key, action }) => `${action} ${key}`))}`,
    );
  }

  /** The service that each visitor reaches when asking for the route itself. */
  visit({ route }: Exposure): (string | undefined)[] {
    const request = { host: route.hostname.replace("*", "c"), path: route.path ?? "/" };
    return VISITORS.map((visitor) =>
      resolves([this.world.dns], request.host)
        ? reach(this.world.ingress.rules, this.world, request, visitor)
        : undefined,
    );
  }

  rest(): void {
    this.generations = this.generations.slice(-1);
    this.access = [this.world];
    this.ingress = [this.world.ingress];
    this.records = [this.world.dns];
  }
}

/**
 * Visitors who log in again after every change, at edges that may see any of the latest states of
 * applications and policies.
 */
class Reloading extends History {
  override check(): void {
    for (const { access } of this.access)
      for (const { policy } of this.access) this.logIn({ access, policy });
  }

  /** Somebody widens access in the dashboard. */
  widen(how: Widening): void {
    const { access, policy } = this.world;
    const mine = policy.mine.map((it) =>
      it.decision === "bypass" ? it : markOwned({ ...it, ...WIDER_POLICY[how] }),
    );
    const applications = [...access.mine].map(
      ([key, it]) => [key, markOwned({ ...it, ...WIDER_APPLICATION[how] })] as const,
    );
    this.become({
      ...this.world,
      policy: { ...policy, mine },
      access: { ...access, mine: new Map(applications) },
    });
  }
}

type Widening = "include" | "decision" | "policies" | "session";

const everybody = [{ login_method: { id: "idp" } }];
const WIDER_POLICY: Readonly<Record<Widening, Partial<ObservedState["policy"]["mine"][number]>>> = {
  include: { include: everybody, require: [] },
  decision: { decision: "bypass" },
  policies: {},
  session: {},
};
const WIDER_APPLICATION: Readonly<Record<Widening, Partial<AccessApplication>>> = {
  include: {},
  decision: {},
  policies: { policies: ["friends"] },
  session: { session: "720h" },
};
const widening = fc
  .constantFrom<Widening>("include", "decision", "policies", "session")
  .map((how) => ({ do: "widen" as const, how }));

/**
 * A rule as an earlier version wrote it. Placeholders, which admit no one, already had the mark as
 * their audience.
 */
function ruleWithoutMark(rule: RawRule): RawRule {
  const { access, ...options } = (rule.originRequest ?? {}) as {
    readonly access?: { readonly required: boolean; readonly audTag: readonly string[] };
  };
  if (access?.audTag.includes("cfauth:home") !== true || rule.service.startsWith("http_status:"))
    return rule;
  const { originRequest: _, ...bare } = rule;
  const audTag = access.audTag.filter((it) => it !== "cfauth:home");
  const originRequest = { ...options, ...(access.required && { access: { ...access, audTag } }) };
  return Object.keys(originRequest).length === 0 ? bare : { ...bare, originRequest };
}

const foreign = (observed: ObservedState) => ({
  rules: observed.ingress.rules.filter(
    ({ service }) => !SERVICES.test(service) && !service.includes("503"),
  ),
  rest: observed.ingress.rest,
  catchAll: observed.ingress.catchAll,
  theirs: observed.dns.theirs,
  applications: observed.access.theirs,
});

describe("the planner, over random exposures, orders, failures, crashes, manual edits and late edges", {
  timeout: 300_000,
}, () => {
  it("at no moment does the planner admit a visitor whom neither the old nor the new exposures admit", () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 4, maxLength: 24 }), (steps) => {
        const history = new History();
        for (const it of steps) history.take(it);
        history.settle();
      }),
      { numRuns: RUNS },
    );
  });

  it("the planner settles within a few waves with exactly the desired routes, and then has nothing to do", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 16 }), wishes, (steps, last) => {
        const history = new History();
        for (const it of steps) history.take(it);
        const ungated = last.map((exposure) => ({ ...exposure, notReadyReason: undefined }));
        history.take({ do: "wish", wishes: ungated });
        expect(history.settle()).toBeLessThan(30);
        const { exposures: granted, problems } = history.desired();
        expect(granted.size + problems.length).toBe(ungated.length);
        const keys = [...granted.keys()].toSorted();
        expect(history.plan().live.toSorted()).toEqual(keys);
        expect([...history.world.access.mine.keys()].toSorted()).toEqual(keys);
        expect(history.world.policy.mine.map(({ name }) => name).toSorted()).toEqual(
          [
            ...new Set(
              [...granted.values()].flatMap((exposure) => policyNames(OWNER, exposure.protection)),
            ),
          ].toSorted(),
        );
        history.rest();
        history.check();
        for (const wish of granted.values())
          expect(history.visit(wish)).toEqual(
            VISITORS.map((visitor) => (welcomes(wish, visitor) ? wish.origin.service : undefined)),
          );
      }),
      { numRuns: Math.ceil(RUNS / 5) },
    );
  });

  it("the planner leaves foreign objects unchanged, byte for byte and in order, and takes none of their hostnames", () => {
    const before = JSON.stringify(foreign(emptyAccount()));
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 16 }),
        fc
          .constantFrom("theirs.example.com", "x.wild.example.com", "*.wild.example.com")
          .chain((hostname) => exposure({ hostname: hostname as Hostname, path: undefined })),
        (steps, greedy) => {
          const history = new History();
          for (const it of steps)
            history.take(it.do === "wish" ? { ...it, wishes: [...it.wishes, greedy] } : it);
          history.settle();
          expect(JSON.stringify(foreign(history.world))).toBe(before);
          expect([
            ...history.world.access.mine.keys(),
            ...history.world.dns.mine.keys(),
          ]).not.toContain(routeKey(greedy.route));
        },
      ),
      { numRuns: Math.ceil(RUNS / 5) },
    );
  });

  it.each([
    { name: "which get the mark", takesMark: true },
    { name: "where Cloudflare refuses the mark", takesMark: false },
  ])(
    "the planner continues safely from the rules of an earlier version, $name",
    ({ takesMark }) => {
      fc.assert(
        fc.property(
          wishes,
          fc.array(fc.oneof(wish(wishes), waves, rest), { maxLength: 8 }),
          wishes,
          (first, steps, last) => {
            const history = new History();
            history.take({
              do: "wish",
              wishes: first.map((it) => ({ ...it, notReadyReason: undefined })),
            });
            history.settle();
            history.forgetMarks(takesMark);
            expect(history.plan().changes).toEqual([]);
            for (const it of steps) history.take(it);
            history.take({
              do: "wish",
              wishes: last.map((it) => ({ ...it, notReadyReason: undefined })),
            });
            history.settle();
            history.rest();
            history.check();
            const { exposures: granted, problems } = history.desired();
            expect(granted.size + problems.length).toBe(last.length);
            expect(history.plan().live.toSorted()).toEqual([...granted.keys()].toSorted());
          },
        ),
        { numRuns: Math.ceil(RUNS / 5) },
      );
    },
  );

  it("the planner revokes the logins of people who lose access, even if they keep reloading at late edges, whatever fails or crashes meanwhile", () => {
    const at = wishesAt(ROUTES.slice(0, 1));
    const steps = fc.array(
      fc.oneof({ weight: 2, arbitrary: wish(at) }, { weight: 3, arbitrary: waves }, widening),
      { maxLength: 16 },
    );
    fc.assert(
      fc.property(
        steps,
        fc.option(widening),
        fc.option(at, { freq: 1 }),
        (taken, hand, changed) => {
          const history = new Reloading();
          for (const it of taken) it.do === "widen" ? history.widen(it.how) : history.take(it);
          // Half of the later exposures equal the earlier ones, so that only the manual widening
          // needs repair.
          const last = changed ?? history.generations.at(-1) ?? [];
          const ungated = last.map((it) => ({ ...it, notReadyReason: undefined }));
          if (hand !== null) {
            history.settle();
            history.widen(hand.how);
          }
          history.take({ do: "wish", wishes: ungated });
          history.settle();
          const [wanted] = history.generations.at(-1) ?? [];
          const application = wanted && history.world.access.mine.get(routeKey(wanted.route));
          if (wanted === undefined || application === undefined) return;
          const inside = VISITORS.filter(
            (visitor) => judge(application, history.world, visitor, history.logins) !== "deny",
          );
          expect(inside.map(({ name }) => name)).toEqual(
            VISITORS.filter((it) => welcomes(wanted, it)).map(({ name }) => name),
          );
          expect(application).toMatchObject({
            session: wanted.protection.kind === "authentik" ? wanted.protection.session : "24h",
          });
        },
      ),
      { numRuns: Math.ceil(RUNS / 5) },
    );
  });

  it("a login stays valid and the rule stays in place when an audience only grows", () => {
    const grown = (groups: readonly string[]): Exposure => ({
      ...(fc.sample(exposure(ROUTES[0] as Route), 1)[0] as Exposure),
      origin: { service: "http://one:80", options: {} },
      party: HOME,
      notReadyReason: undefined,
      protection: { kind: "authentik", session: "24h", audience: { ...everyone, groups } },
    });
    const history = new History();
    history.take({ do: "wish", wishes: [grown(["family"])] });
    history.settle();
    history.logIn();
    const [aud, logins] = [
      [...history.world.access.mine.values()].map((it) => it.aud),
      history.logins,
    ];
    history.take({ do: "wish", wishes: [grown(["admins", "family"])] });
    history.settle();
    expect([[...history.world.access.mine.values()].map((it) => it.aud), history.logins]).toEqual([
      aud,
      logins,
    ]);
  });

  it("adopting a hand-made route never shows the old page to new visitors or the new page to visitors with an old login", () => {
    const at = fc.tuple(wishes, wishesAt([HAND_MADE])).map(([some, more]) => [...some, ...more]);
    fc.assert(
      fc.property(
        fc.array(fc.oneof(wish(at), waves, rest), { maxLength: 16 }),
        wishesAt([HAND_MADE]),
        (steps, last) => {
          const history = new History(handMade(emptyAccount()));
          for (const it of steps) {
            history.take(it);
            expect(
              history.world.access.theirs.find(({ id }) => id === "family-apps")?.destinations,
            ).toContain("photos.example.com");
          }
          history.take({
            do: "wish",
            wishes: last.map((it) => ({ ...it, notReadyReason: undefined })),
          });
          history.settle();
          history.rest();
          history.check();
          for (const it of last)
            expect(history.visit(it)).toEqual(
              VISITORS.map((visitor) => (welcomes(it, visitor) ? it.origin.service : undefined)),
            );
          if (last.length > 0) expect(JSON.stringify(history.world)).not.toContain("http://old:80");
        },
      ),
      { numRuns: Math.ceil(RUNS / 5) },
    );
  });

  it("hand-made objects stay untouched when no label asks to adopt them", () => {
    const at = fc
      .tuple(wishes, wishesAt([HAND_MADE]))
      .map(([some, more]) => [...some, ...more.map((it) => ({ ...it, adopt: false }))]);
    const before = JSON.stringify(foreign(handMade(emptyAccount())));
    fc.assert(
      fc.property(fc.array(fc.oneof(wish(at), waves), { maxLength: 12 }), (steps) => {
        const history = new History(handMade(emptyAccount()));
        for (const it of steps) history.take(it);
        history.settle();
        expect(JSON.stringify(foreign(history.world))).toBe(before);
      }),
      { numRuns: Math.ceil(RUNS / 10) },
    );
  });

  it("Authentik's own hostname opens before all other routes and closes after them", () => {
    const many = fc
      .tuple(wishesAt(ROUTES), exposure(LOGIN))
      .map(([some, login]) => [...some, login].map((it) => ({ ...it, notReadyReason: undefined })));
    const reachable = (history: History, route: Route) =>
      ruleOf(history.world, route) !== undefined && history.world.dns.mine.has(route.hostname);
    fc.assert(
      fc.property(many, waves, (wanted, { order, fails, dies }) => {
        const history = new History();
        const others = wanted.filter(({ route }) => route !== LOGIN);
        const shownFirst = () => {
          const early = others.filter(({ route }) => reachable(history, route));
          if (!reachable(history, LOGIN))
            expect(early.map(({ route }) => routeKey(route))).toEqual([]);
        };
        for (const now of [wanted, []]) {
          history.take({ do: "wish", wishes: now });
          for (let round = 0; round < 20; round++) {
            history.wave({ do: "waves", rounds: 1, order, fails, dies }, false);
            if (now.length > 0 || history.world.access.mine.size > 0) shownFirst();
          }
          history.settle();
        }
        expect(history.world.access.mine.size).toBe(0);
      }),
      { numRuns: Math.ceil(RUNS / 10) },
    );
  });

  it("the planner changes nothing of a frozen route", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), wishes, (steps, next) => {
        const history = new History();
        for (const it of steps) history.take(it);
        history.take({ do: "wish", wishes: next });
        const held = new Set(
          ROUTES.filter(({ hostname }) => hostname === "a.example.com").map(routeKey),
        );
        const { changes } = planChanges(
          MODEL,
          { ...history.desired(), frozen: held },
          history.world,
        );
        const ruled = new Set(
          deployedRoutes(history.world).flatMap(({ route, service }) =>
            service === undefined ? [] : [routeKey(route)],
          ),
        );
        // If there is no rule yet, a placeholder that admits no one may keep another party's
        // wildcard away.
        const touched = changes.filter(
          (it) =>
            it.subject.startsWith("a.example.com") &&
            (!("placeholder" in it) || ruled.has(routeKey(it.placeholder))),
        );
        expect(touched).toEqual([]);
      }),
      { numRuns: Math.ceil(RUNS / 10) },
    );
  });

  it("the planner opens no route that is not ready", () => {
    fc.assert(
      fc.property(wishes, (wanted) => {
        const history = new History();
        history.take({
          do: "wish",
          wishes: wanted.map((exposure) => ({ ...exposure, notReadyReason: "the health check" })),
        });
        history.settle();
        const { exposures: granted } = history.desired();
        expect([
          history.world.access.mine.size,
          history.world.dns.mine.size,
          history.plan().pending.length,
        ]).toEqual([0, 0, granted.size]);
      }),
      { numRuns: Math.ceil(RUNS / 10) },
    );
  });

  it("the planner opens no route that is not ready, even if another path of its hostname is open", () => {
    const [first, second] = ROUTES as readonly [Route, Route];
    fc.assert(
      fc.property(exposure(first), exposure(second), fc.boolean(), (whole, path, swap) => {
        const [one, gated] = swap ? [path, whole] : [whole, path];
        const other = {
          ...gated,
          origin: { service: "http://two:80", options: {} },
          party: HOME,
          workload: "w",
          notReadyReason: "the health check",
        };
        const history = new History();
        history.take({
          do: "wish",
          wishes: [
            {
              ...one,
              origin: { service: "http://one:80", options: {} },
              party: HOME,
              workload: "v",
              notReadyReason: undefined,
            },
            other,
          ],
        });
        history.settle();
        expect(ruleOf(history.world, gated.route)).toBeUndefined();
      }),
      { numRuns: Math.ceil(RUNS / 50) },
    );
  });

  it("the plan does not depend on the order of its input", () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const history = new History();
        for (const it of steps) history.take(it);
        const { changes } = history.plan();
        history.world = {
          ...history.world,
          access: {
            ...history.world.access,
            mine: new Map([...history.world.access.mine].toReversed()),
          },
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
