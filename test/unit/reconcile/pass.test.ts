import { describe, expect, it } from "vitest";
import type { Workload } from "../../../src/core/domain/workload.ts";
import { EMPTY_MEMORY } from "../../../src/core/plan/desired-state.ts";
import { planChanges } from "../../../src/core/plan/planner.ts";
import { computeDesired } from "../../../src/reconcile/desired-state.ts";
import { type PassDeps, type PassResult, runPass } from "../../../src/reconcile/pass.ts";
import type {
  DnsRecordChange,
  ObservedDnsRecords,
} from "../../../src/resources/dns-record/types.ts";
import { resourceModel } from "../../../src/resources/model.ts";
import type { ObservedState } from "../../../src/resources/observed.ts";
import { workload } from "../../support/builders.ts";
import { askedOf, fault, type Memory, memory, SETTINGS } from "../../support/in-memory-drivers.ts";
import { emptyWorld, OWNER } from "../core/plan/model.ts";

const APP = workload({ "cfauth.hostname": "app.example.com" });
const BLOG = workload({ "cfauth.hostname": "blog.example.com" }, { name: "blog" });

const taken = (changes: readonly DnsRecordChange[], observed: ObservedDnsRecords) => ({
  observed,
  applied: changes,
  failures: [],
  outcomeUnknown: false,
});

/** What one daemon decides, which remembers what it decided before. */
function decider(): PassDeps["decide"] {
  let known = EMPTY_MEMORY;
  return (found, observed) => {
    const decision = computeDesired(
      SETTINGS,
      { graceMs: 0, startupGraceMs: 0 },
      found,
      observed,
      known,
      0,
    );
    known = decision.memory;
    return decision;
  };
}

const parts = (
  at: Memory,
  workloads: readonly Workload[],
  more: Partial<PassDeps> = {},
): PassDeps => ({
  list: async () => workloads,
  drivers: at.hands,
  decide: decider(),
  referencedNames: askedOf,
  plan: ({ desired }, observed, failed) =>
    planChanges(resourceModel(OWNER), desired, observed, failed),
  onChange: () => {},
  onPlan: () => {},
  signal: new AbortController().signal,
  dryRun: false,
  ...more,
});
const run = (
  at: Memory,
  workloads: readonly Workload[],
  more: Partial<PassDeps> = {},
  before?: ObservedState,
): Promise<PassResult> => runPass(parts(at, workloads, more), undefined, before);
const routes = ({ world: observed }: Memory) => ({
  applications: [...observed.access.mine.keys()],
  rules: observed.ingress.rules.flatMap(({ hostname, service }) =>
    service.includes("app.tunnel:") || service.includes("blog.tunnel:") ? [hostname] : [],
  ),
  records: [...observed.dns.mine.keys()],
});
const ALL = (...hosts: string[]) => ({ applications: hosts, rules: hosts, records: hosts });

describe("one pass", () => {
  it("opens a route from nothing to the last part", async () => {
    const at = memory();
    const result = await run(at, [APP]);
    expect([routes(at), result.plan.live, result.applied, result.failures, result.certain]).toEqual(
      [ALL("app.example.com"), ["app.example.com"], 6, [], true],
    );
  });

  it("has nothing to do when all stands", async () => {
    const at = memory();
    await run(at, [APP]);
    at.sent.length = 0;
    expect([(await run(at, [APP])).applied, at.sent]).toEqual([0, []]);
  });

  it("knows how the world stands after its own changes, without another look", async () => {
    const at = memory();
    const { observed } = await run(at, [APP]);
    expect([observed, at.looks]).toEqual([at.world, ["all"]]);
  });

  it("looks at nothing when it is told how the world stands", async () => {
    const at = memory();
    await run(at, [APP], {}, at.world);
    expect([at.looks, routes(at)]).toEqual([[], ALL("app.example.com")]);
  });

  it("tells each change as it is done, in order", async () => {
    const told: string[] = [];
    await run(memory(), [APP], {
      onChange: ({ action, kind }, error) =>
        told.push(`${action} ${kind}${error === undefined ? "" : " failed"}`),
    });
    expect(told).toEqual([
      "create login",
      "create access",
      "create policy",
      "create access",
      "create ingress",
      "create dns",
    ]);
  });
});

describe("a pass that meets failures", () => {
  it("does not try a failed change again, and is not certain of the world any more", async () => {
    const at = memory();
    at.refuse = ({ kind }) => (kind === "ingress" ? fault("cloudflare") : undefined);
    const result = await run(at, [APP]);
    expect([
      at.sent.filter((it) => it === "create ingress app.example.com").length,
      result.failures.map(({ change }) => change.key),
      result.certain,
    ]).toEqual([1, ["ingress app.example.com"], false]);
    expect(routes(at)).toEqual({ applications: ["app.example.com"], rules: [], records: [] });
  });

  it("goes on with the other routes", async () => {
    const at = memory();
    at.refuse = ({ kind, subject }) =>
      kind === "access" && subject === "blog.example.com" ? fault("cloudflare") : undefined;
    const result = await run(at, [APP, BLOG]);
    expect([routes(at), result.plan.live]).toEqual([ALL("app.example.com"), ["app.example.com"]]);
  });

  it("looks at everything again before it plans on, when an answer was lost", async () => {
    const at = memory();
    at.refuse = ({ key }) =>
      key === "access app.example.com" ? fault("cloudflare", { outcomeUnknown: true }) : undefined;
    const result = await run(at, [APP]);
    expect([
      at.looks,
      at.sent.filter((it) => it === "create access app.example.com").length,
      routes(at),
      result.certain,
    ]).toEqual([["all", "all"], 1, ALL("app.example.com"), false]);
  });

  it("looks at everything again when the tunnel has just been made: nobody has seen its rules yet", async () => {
    const observed = emptyWorld();
    const at = memory({ ...observed, tunnel: { ...observed.tunnel, tunnel: undefined } });
    const result = await run(at, [APP]);
    expect([at.looks, routes(at), result.certain]).toEqual([
      ["all", "all"],
      ALL("app.example.com"),
      true,
    ]);
  });

  it("ends for now when one answer after the other is lost", async () => {
    const at = memory();
    at.refuse = () => fault("cloudflare", { outcomeUnknown: true });
    const result = await run(at, [APP]);
    expect([at.sent.at(-1), result.plan.changes.map(({ key }) => key), result.certain]).toEqual([
      "create ingress app.example.com",
      ["dns app.example.com"],
      false,
    ]);
  });

  it("changes nothing more when that look fails", async () => {
    const at = memory();
    at.refuse = ({ key }) => {
      if (key === "access app.example.com") at.down = fault("cloudflare", { outcomeUnknown: true });
      return at.down;
    };
    await expect(run(at, [APP])).rejects.toMatchObject({ code: "CFA-CF-UNREACHABLE" });
    expect(at.sent.at(-1)).toBe("create access app.example.com");
  });

  it("changes nothing when the containers cannot be listed", async () => {
    const at = memory();
    await run(at, [APP]);
    at.sent.length = 0;
    await expect(
      run(at, [], { list: () => Promise.reject(fault("docker")) }),
    ).rejects.toMatchObject({ code: "CFA-DOCKER-UNREACHABLE" });
    expect([at.sent, routes(at)]).toEqual([[], ALL("app.example.com")]);
  });

  it("changes nothing when the world cannot be read", async () => {
    const at = memory();
    await run(at, [APP]);
    [at.sent.length, at.down] = [0, fault("cloudflare")];
    await expect(run(at, [])).rejects.toMatchObject({ code: "CFA-CF-UNREACHABLE" });
    expect([at.sent, routes(at)]).toEqual([[], ALL("app.example.com")]);
  });

  it("makes a change that is taken and does not hold twice, and tells that it failed", async () => {
    const at = memory();
    await run(at, [APP]);
    const { world: observed } = at;
    const [record] = observed.dns.mine.values();
    if (record === undefined) throw new Error("no record");
    at.world = {
      ...observed,
      dns: { ...observed.dns, mine: new Map([[record.name, { ...record, proxied: false }]]) },
    };
    const late = at.world;
    const hands = {
      ...at.hands,
      dns: {
        ...at.hands.dns,
        apply: async (changes: readonly DnsRecordChange[]) => taken(changes, late.dns),
      },
    };
    const told: string[] = [];
    const result = await run(at, [APP], {
      drivers: hands,
      onChange: ({ action, kind }, error) =>
        told.push(`${action} ${kind}${error === undefined ? "" : ` ${error.code}`}`),
    });
    expect([told, result.failures.map(({ error }) => error.message), result.certain]).toEqual([
      ["update dns", "update dns", "update dns CFA-CF-REFUSED"],
      [
        "Cloudflare accepted the DNS record app.example.com as it was sent, but a later read shows something else",
      ],
      false,
    ]);
  });

  it("ends for now, in doubt, when the tunnel's document is another one at each read", async () => {
    const at = memory();
    let reads = 0;
    const apply: Memory["hands"]["ingress"]["apply"] = async (_changes, seen) => {
      reads += 1;
      return {
        observed: { ...seen, version: seen.version + 1 },
        applied: [],
        failures: [],
        outcomeUnknown: false,
      };
    };
    const result = await run(at, [APP], {
      drivers: { ...at.hands, ingress: { ...at.hands.ingress, apply } },
    });
    expect([reads, result.certain]).toEqual([4, false]);
  });

  it("comes to an end even when a plan never does", async () => {
    const at = memory();
    const observed = at.world;
    at.refuse = () => {
      at.world = observed;
      return undefined;
    };
    expect((await run(at, [APP])).applied).toBeLessThan(200);
  });
});

describe("a pass that is to change nothing, or no more", () => {
  it("a dry run shows the plan and sends nothing", async () => {
    const at = memory();
    const result = await run(at, [APP], { dryRun: true });
    expect([
      at.sent,
      at.world.access.mine.size,
      result.plan.changes.map(({ key }) => key),
      result.certain,
    ]).toEqual([[], 0, ["login-method", "tag"], true]);
  });

  it("a stop begins no further wave, and tears nothing down", async () => {
    const at = memory();
    const stop = new AbortController();
    const result = await run(at, [APP], {
      signal: stop.signal,
      onChange: ({ kind }) => kind === "policy" && stop.abort(),
    });
    expect([at.sent, result.certain]).toEqual([
      [
        "create login-method",
        "create tag",
        "create policy cfauth:home everyone who logs in with Authentik",
      ],
      true,
    ]);
  });
});
