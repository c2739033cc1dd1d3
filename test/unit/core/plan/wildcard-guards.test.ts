import { describe, expect, it } from "vitest";
import type { Exposure } from "../../../../src/core/domain/exposure.ts";
import { composeProject, type Party } from "../../../../src/core/domain/party.ts";
import { routeKey } from "../../../../src/core/domain/route.ts";
import {
  EMPTY_MEMORY,
  type ReconcileMemory,
  resolveDesired,
} from "../../../../src/core/plan/desired-state.ts";
import type { Engine, LoginHost, Occupant } from "../../../../src/core/plan/engine.ts";
import { planChanges } from "../../../../src/core/plan/planner.ts";
import type { FaultyRoute } from "../../../../src/core/plan/types.ts";
import { resourceModel } from "../../../../src/resources/model.ts";
import type { ObservedState } from "../../../../src/resources/observed.ts";
import { deployedRoutes } from "../../../../src/resources/route/deployed.ts";
import {
  anybody,
  authentikIs,
  exposure,
  faultyRoute,
  hostname,
  NOTHING_RUNS,
  running,
} from "../../../support/builders.ts";
import {
  ANYBODY,
  applyChange,
  emptyAccount,
  OWNER,
  type Request,
  reach,
  resolves,
} from "./model.ts";

const [BLOG, SHOP] = [composeProject("blog"), composeProject("shop")];
const at = (name: string, party: Party, route: string, more: Partial<Exposure> = {}) =>
  exposure(route, {
    workload: name,
    party,
    origin: { service: `http://${name}:80`, options: {} },
    ...more,
  });

/** A public wildcard of one project. */
const WILD = at("wild", SHOP, "*.example.com", { protection: anybody });
const WIKI = at("wiki", BLOG, "wiki.example.com");
const SHUT = "http_status:503";

interface Input {
  readonly exposures?: readonly Exposure[];
  readonly faulty?: readonly FaultyRoute[];
  readonly login?: LoginHost;
  /** Occupants of an origin, by service, in place of the containers that ask for it. */
  readonly answering?: Readonly<Record<string, readonly Occupant[]>>;
  /** Changes that are refused. */
  readonly refused?: (key: string) => boolean;
}

/** One daemon that works until nothing is left to do. */
function daemon(observed: ObservedState = emptyAccount()) {
  let memory: ReconcileMemory = EMPTY_MEMORY;
  let now = 0;
  const step = ({
    exposures = [],
    faulty = [],
    login = NOTHING_RUNS.login,
    answering = {},
  }: Input) => {
    const machine = running([...exposures, ...faulty]);
    const engine: Engine = {
      ...machine,
      login,
      occupants: (it) => answering[it.service ?? ""] ?? machine.occupants(it),
    };
    const decision = resolveDesired(
      [{ exposures, faulty, problems: [] }],
      deployedRoutes(observed),
      engine,
      memory,
      { graceMs: 60_000, startupGraceMs: 300_000 },
      now,
    );
    memory = decision.memory;
    return planChanges(resourceModel(OWNER), decision.desired, observed);
  };
  const settle = (asked: Input, seen: (world: ObservedState) => void = () => {}) => {
    now += 1_000;
    for (let waves = 0; waves < 40; waves++) {
      const planned = step(asked);
      const changes = planned.changes.filter(({ key }) => asked.refused?.(key) !== true);
      if (changes.length === 0) return planned;
      for (const change of changes) {
        observed = applyChange(observed, change);
        seen(observed);
      }
    }
    throw new Error("never settles");
  };
  return {
    settle,
    later: (ms: number) => {
      now += ms;
    },
    restart: () => {
      memory = EMPTY_MEMORY;
    },
    world: () => observed,
    /** Another writer restores the rules of an earlier time. */
    restoreRules: (earlier: ObservedState) => {
      const { rules } = earlier.ingress;
      observed = { ...observed, ingress: { ...observed.ingress, rules } };
    },
    rules: () =>
      observed.ingress.rules
        .filter(({ hostname: host }) => !/wild\.example|theirs/i.test(host ?? ""))
        .map((it) => `${it.hostname} ${it.service}`),
  };
}

const reachedService = (observed: ObservedState, request: Request): string | undefined =>
  resolves([observed.dns], request.host)
    ? reach(observed.ingress.rules, observed, request, ANYBODY)
    : undefined;

describe("a wildcard of another party", () => {
  it("a wildcard never answers for an exact hostname that another party asks for while the wildcard's own party, which had a path of it, is missing", () => {
    const it = daemon();
    it.settle({ exposures: [at("hooks", SHOP, "wiki.example.com/hooks"), WILD] });
    const blog = faultyRoute("wiki.example.com", { party: BLOG });
    it.settle({ exposures: [WILD], faulty: [blog] });
    expect(reachedService(it.world(), { host: "wiki.example.com", path: "/" })).toBeUndefined();
    expect(it.rules()).toContain(`wiki.example.com ${SHUT}`);
  });

  it.each<{ name: string; asked: Input; rule: string }>([
    {
      name: "asks for without faults but that cannot open yet",
      asked: { exposures: [{ ...WIKI, notReadyReason: "the health check" }] },
      rule: `wiki.example.com ${SHUT}`,
    },
    {
      name: "asks for with faulty labels",
      asked: { faulty: [faultyRoute("wiki.example.com", { party: BLOG })] },
      rule: `wiki.example.com ${SHUT}`,
    },
    { name: "has open", asked: { exposures: [WIKI] }, rule: "wiki.example.com http://wiki:80" },
  ])(
    "a wildcard never answers for an exact hostname that another party $name",
    ({ asked, rule }) => {
      const it = daemon();
      const exposures = [...(asked.exposures ?? []), WILD];
      const reachedDuring: (string | undefined)[] = [];
      const { live } = it.settle({ ...asked, exposures }, (observed) =>
        reachedDuring.push(reachedService(observed, { host: "wiki.example.com", path: "/" })),
      );
      expect(reachedDuring.filter((service) => service === "http://wild:80")).toEqual([]);
      expect(live).toContain("*.example.com");
      expect(it.rules()).toEqual([rule, "*.example.com http://wild:80"]);
      expect(reachedService(it.world(), { host: "other.example.com", path: "/" })).toBe(
        "http://wild:80",
      );
    },
  );

  it("a wildcard never answers for the rest of a hostname if another party has a path of it", () => {
    const it = daemon();
    it.settle({ exposures: [at("wiki", BLOG, "wiki.example.com/docs"), WILD] });
    expect(it.rules()).toEqual([
      "wiki.example.com http://wiki:80",
      `wiki.example.com ${SHUT}`,
      "*.example.com http://wild:80",
    ]);
  });

  it("an open wildcard stops answering for a hostname with the first change after another party asks for it", () => {
    const it = daemon();
    it.settle({ exposures: [WILD] });
    const first: string[][] = [];
    it.settle({ exposures: [WILD, WIKI] }, () => first.push([...it.rules()]));
    expect(first[0]).toContain(`wiki.example.com ${SHUT}`);
    expect(it.rules()).toEqual(["wiki.example.com http://wiki:80", "*.example.com http://wild:80"]);
  });

  it("a wildcard does not answer for a hostname whose container is missing, neither during the grace period nor after", () => {
    const it = daemon();
    it.settle({ exposures: [WILD, WIKI] });
    it.settle({ exposures: [WILD] });
    expect(it.rules()).toContain("wiki.example.com http://wiki:80");
    it.later(120_000);
    it.settle({ exposures: [WILD] });
    expect(it.rules()).toEqual(["*.example.com http://wild:80"]);
  });

  it("a wildcard does not answer for a hostname whose container was gone when cfauth started, although its rule is already closed", () => {
    const it = daemon();
    it.settle({ exposures: [WIKI] });
    it.restart();
    const stranger: Occupant = { id: "stranger", party: SHOP, certain: false };
    it.settle({ exposures: [WILD], answering: { "http://wiki:80": [stranger] } });
    expect(it.rules()).toEqual([`wiki.example.com ${SHUT}`, "*.example.com http://wild:80"]);
    it.later(300_000);
    it.settle({ exposures: [WILD] });
    expect(it.rules()).toEqual(["*.example.com http://wild:80"]);
  });

  it("a restored rule does not end the time in which a wildcard leaves a missing container's hostname alone", () => {
    const it = daemon();
    it.settle({ exposures: [WIKI] });
    const earlier = it.world();
    const stranger: Occupant = { id: "stranger", party: SHOP, certain: false };
    it.settle({ exposures: [WILD], answering: { "http://wiki:80": [stranger] } });
    it.restoreRules(earlier);
    const guarded: string[] = [];
    it.settle({ exposures: [WILD] }, (observed) =>
      guarded.push(reachedService(observed, { host: "wiki.example.com", path: "/" }) ?? "nothing"),
    );
    expect(guarded).not.toContain("http://wild:80");
    expect(it.rules()).toEqual([`wiki.example.com ${SHUT}`, "*.example.com http://wild:80"]);
  });

  it("a restored rule that its container gave up does not end the time in which a wildcard leaves its hostname alone", () => {
    const it = daemon();
    it.settle({ exposures: [WIKI] });
    const earlier = it.world();
    it.settle({
      faulty: [faultyRoute("wiki.example.com/login", { party: BLOG, workload: "wiki" })],
    });
    it.settle({ exposures: [WILD] });
    expect(it.rules()).toEqual([`wiki.example.com ${SHUT}`, "*.example.com http://wild:80"]);
    it.restoreRules(earlier);
    it.settle({ exposures: [WILD] });
    expect(it.rules()).toEqual([`wiki.example.com ${SHUT}`, "*.example.com http://wild:80"]);
  });

  it("a hostname closes although faulty labels of another party keep a path of its wildcard", () => {
    const it = daemon();
    const photos = at("photos", BLOG, "photos.example.com", { protection: anybody });
    it.settle({
      exposures: [
        photos,
        at("wild", SHOP, "*.example.com/login"),
        at("wild", SHOP, "*.example.com/login/hooks", { protection: anybody }),
      ],
    });
    expect(it.rules()).toContain("photos.example.com http://photos:80");
    it.settle({
      exposures: [at("photos", BLOG, "wiki.example.com")],
      faulty: [
        faultyRoute("*.example.com/login", {
          party: SHOP,
          workload: "wild",
          service: "http://wild:80",
        }),
      ],
    });
    expect(it.rules()).not.toContain("photos.example.com http://photos:80");
  });

  it("a wildcard's party cannot keep another party's hostname open by asking for a path inside it", () => {
    const it = daemon();
    const inside = at("wild", SHOP, "wiki.example.com/docs");
    it.settle({ exposures: [{ ...WIKI, protection: anybody }, inside, WILD] });
    expect(it.rules()).toContain("wiki.example.com http://wiki:80");
    const wrong = faultyRoute("wiki.example.com", { party: BLOG, workload: "wiki" });
    it.settle({ exposures: [inside, WILD], faulty: [wrong] });
    expect(it.rules()).toContain(`wiki.example.com ${SHUT}`);
  });

  it("a wildcard does not answer for other spellings of a path that its party takes over until the path's rule matches them all", () => {
    const it = daemon();
    it.settle({
      exposures: [
        at("wiki", BLOG, "wiki.example.com/docs"),
        { ...WILD, protection: WIKI.protection },
      ],
    });
    const exposures = [at("wild", SHOP, "wiki.example.com/docs"), WILD];
    const reachedBy: (string | undefined)[] = [];
    const refused = (key: string) => key === "ingress wiki.example.com/docs";
    it.settle({ exposures, refused });
    it.later(120_000);
    it.settle({ exposures, refused }, (observed) =>
      reachedBy.push(reachedService(observed, { host: "wiki.example.com", path: "/DOCS" })),
    );
    expect(reachedBy).not.toContain("http://wild:80");
    it.settle({ exposures });
    expect(it.rules()).toEqual(["wiki.example.com http://wild:80", "*.example.com http://wild:80"]);
  });

  it("a wildcard does not open while the rule that keeps it from another party's hostname is refused", () => {
    const it = daemon();
    const refused = (key: string) => key === "ingress wiki.example.com";
    const { pending, live } = it.settle({
      exposures: [WILD, { ...WIKI, notReadyReason: "the health check" }],
      refused,
    });
    expect(live).toEqual([]);
    expect(pending).toContainEqual({
      route: "*.example.com",
      cause: "guard",
      reason:
        "a rule that keeps it from answering for wiki.example.com, which belongs to another container",
    });
    expect(it.rules()).toEqual([]);
  });

  it("the placeholder for a wildcard is removed together with the wildcard", () => {
    const it = daemon();
    const paths = at("wiki", BLOG, "wiki.example.com/docs");
    it.settle({ exposures: [paths, WILD] });
    it.later(120_000);
    it.settle({ exposures: [paths] });
    it.later(120_000);
    it.settle({ exposures: [paths] });
    expect(it.rules()).toEqual(["wiki.example.com http://wiki:80"]);
  });

  it("a wildcard answers for a hostname whose last path was given up, and the plan settles", () => {
    const it = daemon();
    it.settle({ exposures: [at("wiki", BLOG, "wiki.example.com/docs"), WILD] });
    it.settle({ exposures: [WILD] });
    it.settle({ exposures: [at("wiki", BLOG, "new.example.com"), WILD] });
    it.later(120_000);
    it.settle({ exposures: [at("wiki", BLOG, "new.example.com"), WILD] });
    expect(it.rules()).toEqual(["new.example.com http://wiki:80", "*.example.com http://wild:80"]);
    expect([...it.world().dns.mine.keys()].toSorted()).toEqual([
      "*.example.com",
      "new.example.com",
    ]);
  });

  it("a wildcard does not answer for a hostname whose holder had only faulty labels and is missing", () => {
    const it = daemon();
    const wrong = faultyRoute("wiki.example.com", { party: BLOG, workload: "wiki" });
    it.settle({ exposures: [WIKI, WILD] });
    it.settle({ exposures: [WILD], faulty: [{ ...wrong, closeNow: true }] });
    it.settle({ exposures: [WILD] });
    expect(it.rules()).toContain(`wiki.example.com ${SHUT}`);
  });

  it("a wildcard and its placeholders cause no write after a restart of cfauth", () => {
    const it = daemon();
    const exposures = [at("wiki", BLOG, "wiki.example.com/docs"), WILD];
    it.settle({ exposures });
    it.restart();
    const changes: unknown[] = [];
    it.settle({ exposures }, (observed) => changes.push(observed));
    expect(changes).toEqual([]);
  });

  it("a wildcard puts no rule before a foreign rule for the hostname", () => {
    const before = emptyAccount();
    const theirs = { hostname: "wiki.example.com", service: "http://theirs:1" };
    const it = daemon({
      ...before,
      ingress: { ...before.ingress, rules: [theirs, ...before.ingress.rules] },
    });
    const { live } = it.settle({ exposures: [WIKI, WILD] });
    expect(live).toEqual(["*.example.com"]);
    expect(it.rules()).toEqual([
      "wiki.example.com http://theirs:1",
      "*.example.com http://wild:80",
    ]);
  });
});

describe("a wildcard of the same party", () => {
  it("a wildcard does not answer for a path protected on every hostname while a hostname inside it closes", () => {
    const it = daemon();
    const party = { party: BLOG, origin: { service: "http://wild:80", options: {} } };
    const [wild, wiki] = [
      { ...WILD, ...party },
      { ...WIKI, ...party },
    ];
    const docs = at("wild", BLOG, "*.example.com/docs");
    it.settle({ exposures: [wild, wiki] });
    const reachedBy: (string | undefined)[] = [];
    const record = (observed: ObservedState) =>
      reachedBy.push(reachedService(observed, { host: "wiki.example.com", path: "/docs" }));
    it.settle({
      exposures: [wild, docs],
      refused: (key) => key.startsWith("access *.example.com/docs"),
    });
    it.later(120_000);
    it.settle(
      { exposures: [wild, docs], refused: (key) => key.startsWith("access *.example.com/docs") },
      record,
    );
    it.settle({ exposures: [wild, docs] }, record);
    expect(reachedBy).not.toContain("http://wild:80");
    expect(it.rules()).toEqual(["*.example.com http://wild:80", "*.example.com http://wild:80"]);
  });

  it("a wildcard needs no placeholder for a hostname of its own party", () => {
    const it = daemon();
    it.settle({
      exposures: [
        { ...WIKI, notReadyReason: "the health check" },
        { ...WILD, party: BLOG },
      ],
    });
    expect(it.rules()).toEqual(["*.example.com http://wild:80"]);
  });
});

describe("a wildcard and Authentik's own hostname", () => {
  const login = (container: LoginHost["container"]): LoginHost => ({
    hostname: "auth.example.com",
    container,
  });

  it.each<{ name: string; container: LoginHost["container"] }>([
    { name: "elsewhere", container: { kind: "unnamed" } },
    { name: "missing", container: { kind: "absent", name: "authentik" } },
    { name: "running without a route", container: authentikIs("authentik") },
  ])(
    "a wildcard never answers for Authentik's hostname while Authentik is $name",
    ({ container }) => {
      const it = daemon();
      const reachedDuring: (string | undefined)[] = [];
      it.settle({ exposures: [WILD], login: login(container) }, (observed) =>
        reachedDuring.push(
          reachedService(observed, { host: "auth.example.com", path: "/if/flow" }),
        ),
      );
      expect(reachedDuring.filter((service) => service !== undefined)).toEqual([]);
      expect(it.rules()).toEqual([`auth.example.com ${SHUT}`, "*.example.com http://wild:80"]);
    },
  );

  it("a wildcard of another container of Authentik's project never answers for Authentik's hostname", () => {
    const it = daemon();
    const container = {
      kind: "found",
      party: SHOP,
      ids: new Set(["authentik"]),
      names: new Set(["authentik"]),
    } as const;
    it.settle({ exposures: [WILD], login: login(container) });
    expect(it.rules()).toContain(`auth.example.com ${SHUT}`);
  });

  it("a wildcard of Authentik's own container may answer for Authentik's hostname", () => {
    const it = daemon();
    const container = {
      kind: "found",
      party: SHOP,
      ids: new Set(["wild"]),
      names: new Set(["wild"]),
    } as const;
    it.settle({ exposures: [WILD], login: login(container) });
    expect(it.rules()).toEqual(["*.example.com http://wild:80"]);
  });

  it("a wildcard opens beside Authentik's own route", () => {
    const it = daemon();
    const own = at("authentik", "container:authentik" as Party, "auth.example.com", {
      protection: { kind: "login" },
    });
    it.settle({ exposures: [WILD, own], login: login(authentikIs("authentik")) });
    expect(it.rules()).toEqual([
      "auth.example.com http://authentik:80",
      "*.example.com http://wild:80",
    ]);
    expect([...it.world().access.mine.keys()]).toContain(routeKey(own.route));
    expect(it.world().dns.mine.has(hostname("auth.example.com"))).toBe(true);
  });
});
