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
import {
  createInMemoryDrivers,
  type InMemoryDrivers,
  referencedNamesOf,
  SETTINGS,
  serviceError,
} from "../../support/in-memory-drivers.ts";
import { emptyAccount, OWNER } from "../core/plan/model.ts";

const APP = workload({ "cfauth.hostname": "app.example.com" });
const BLOG = workload({ "cfauth.hostname": "blog.example.com" }, { name: "blog" });

const accepted = (changes: readonly DnsRecordChange[], observed: ObservedDnsRecords) => ({
  observed,
  applied: changes,
  failures: [],
  outcomeUnknown: false,
});

/** The decisions of one daemon, which remembers its earlier ones. */
function createDecider(): PassDeps["decide"] {
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

const depsOf = (
  at: InMemoryDrivers,
  workloads: readonly Workload[],
  more: Partial<PassDeps> = {},
): PassDeps => ({
  list: async () => workloads,
  drivers: at.drivers,
  decide: createDecider(),
  referencedNames: referencedNamesOf,
  plan: ({ desired }, observed, failed) =>
    planChanges(resourceModel(OWNER), desired, observed, failed),
  onChange: () => {},
  onPlan: () => {},
  signal: new AbortController().signal,
  dryRun: false,
  ...more,
});
const run = (
  at: InMemoryDrivers,
  workloads: readonly Workload[],
  more: Partial<PassDeps> = {},
  before?: ObservedState,
): Promise<PassResult> => runPass(depsOf(at, workloads, more), undefined, before);
const routes = ({ observed }: InMemoryDrivers) => ({
  applications: [...observed.access.mine.keys()],
  rules: observed.ingress.rules.flatMap(({ hostname, service }) =>
    service.includes("app.tunnel:") || service.includes("blog.tunnel:") ? [hostname] : [],
  ),
  records: [...observed.dns.mine.keys()],
});
const allOf = (...hosts: string[]) => ({ applications: hosts, rules: hosts, records: hosts });

describe("a pass without failures", () => {
  it("one pass opens a route from nothing to its last object", async () => {
    const at = createInMemoryDrivers();
    const result = await run(at, [APP]);
    expect([routes(at), result.plan.live, result.applied, result.failures, result.certain]).toEqual(
      [allOf("app.example.com"), ["app.example.com"], 6, [], true],
    );
  });

  it("a pass has nothing to do if everything is in sync", async () => {
    const at = createInMemoryDrivers();
    await run(at, [APP]);
    at.sent.length = 0;
    expect([(await run(at, [APP])).applied, at.sent]).toEqual([0, []]);
  });

  it("a pass knows the state after its own changes without observing again", async () => {
    const at = createInMemoryDrivers();
    const { observed } = await run(at, [APP]);
    expect([observed, at.observations]).toEqual([at.observed, ["all"]]);
  });

  it("a pass observes nothing if it is given the observed state", async () => {
    const at = createInMemoryDrivers();
    await run(at, [APP], {}, at.observed);
    expect([at.observations, routes(at)]).toEqual([[], allOf("app.example.com")]);
  });

  it("a pass reports each change as it is applied, in order", async () => {
    const reported: string[] = [];
    await run(createInMemoryDrivers(), [APP], {
      onChange: ({ action, kind }, error) =>
        reported.push(`${action} ${kind}${error === undefined ? "" : " failed"}`),
    });
    expect(reported).toEqual([
      "create login",
      "create access",
      "create policy",
      "create access",
      "create ingress",
      "create dns",
    ]);
  });
});

describe("a pass with failures", () => {
  it("a failed change is not tried again in the same pass, and the observed state is no longer certain", async () => {
    const at = createInMemoryDrivers();
    at.errorFor = ({ kind }) => (kind === "ingress" ? serviceError("cloudflare") : undefined);
    const result = await run(at, [APP]);
    expect([
      at.sent.filter((it) => it === "create ingress app.example.com").length,
      result.failures.map(({ change }) => change.key),
      result.certain,
    ]).toEqual([1, ["ingress app.example.com"], false]);
    expect(routes(at)).toEqual({ applications: ["app.example.com"], rules: [], records: [] });
  });

  it("a failed change does not stop the other routes", async () => {
    const at = createInMemoryDrivers();
    at.errorFor = ({ kind, subject }) =>
      kind === "access" && subject === "blog.example.com" ? serviceError("cloudflare") : undefined;
    const result = await run(at, [APP, BLOG]);
    expect([routes(at), result.plan.live]).toEqual([allOf("app.example.com"), ["app.example.com"]]);
  });

  it("everything is observed again before planning continues when an answer was lost", async () => {
    const at = createInMemoryDrivers();
    at.errorFor = ({ key }) =>
      key === "access app.example.com"
        ? serviceError("cloudflare", { outcomeUnknown: true })
        : undefined;
    const result = await run(at, [APP]);
    expect([
      at.observations,
      at.sent.filter((it) => it === "create access app.example.com").length,
      routes(at),
      result.certain,
    ]).toEqual([["all", "all"], 1, allOf("app.example.com"), false]);
  });

  it("everything is observed again when the tunnel has just been created, because its rules are still unknown", async () => {
    const observed = emptyAccount();
    const at = createInMemoryDrivers({
      ...observed,
      tunnel: { ...observed.tunnel, tunnel: undefined },
    });
    const result = await run(at, [APP]);
    expect([at.observations, routes(at), result.certain]).toEqual([
      ["all", "all"],
      allOf("app.example.com"),
      true,
    ]);
  });

  it("a pass ends when one answer after the other is lost", async () => {
    const at = createInMemoryDrivers();
    at.errorFor = () => serviceError("cloudflare", { outcomeUnknown: true });
    const result = await run(at, [APP]);
    expect([at.sent.at(-1), result.plan.changes.map(({ key }) => key), result.certain]).toEqual([
      "create ingress app.example.com",
      ["dns app.example.com"],
      false,
    ]);
  });

  it("a pass changes nothing more when the second observation fails", async () => {
    const at = createInMemoryDrivers();
    at.errorFor = ({ key }) => {
      if (key === "access app.example.com")
        at.observeError = serviceError("cloudflare", { outcomeUnknown: true });
      return at.observeError;
    };
    await expect(run(at, [APP])).rejects.toMatchObject({ code: "CFA-CF-UNREACHABLE" });
    expect(at.sent.at(-1)).toBe("create access app.example.com");
  });

  it("a pass changes nothing when the containers cannot be listed", async () => {
    const at = createInMemoryDrivers();
    await run(at, [APP]);
    at.sent.length = 0;
    await expect(
      run(at, [], { list: () => Promise.reject(serviceError("docker")) }),
    ).rejects.toMatchObject({ code: "CFA-DOCKER-UNREACHABLE" });
    expect([at.sent, routes(at)]).toEqual([[], allOf("app.example.com")]);
  });

  it("a pass changes nothing when Cloudflare or Authentik cannot be read", async () => {
    const at = createInMemoryDrivers();
    await run(at, [APP]);
    [at.sent.length, at.observeError] = [0, serviceError("cloudflare")];
    await expect(run(at, [])).rejects.toMatchObject({ code: "CFA-CF-UNREACHABLE" });
    expect([at.sent, routes(at)]).toEqual([[], allOf("app.example.com")]);
  });

  it("a change that is accepted but does not persist is made twice and then reported as failed", async () => {
    const at = createInMemoryDrivers();
    await run(at, [APP]);
    const { observed } = at;
    const [record] = observed.dns.mine.values();
    if (record === undefined) throw new Error("no record");
    at.observed = {
      ...observed,
      dns: { ...observed.dns, mine: new Map([[record.name, { ...record, proxied: false }]]) },
    };
    const late = at.observed;
    const drivers = {
      ...at.drivers,
      dns: {
        ...at.drivers.dns,
        apply: async (changes: readonly DnsRecordChange[]) => accepted(changes, late.dns),
      },
    };
    const reported: string[] = [];
    const result = await run(at, [APP], {
      drivers: drivers,
      onChange: ({ action, kind }, error) =>
        reported.push(`${action} ${kind}${error === undefined ? "" : ` ${error.code}`}`),
    });
    expect([reported, result.failures.map(({ error }) => error.message), result.certain]).toEqual([
      ["update dns", "update dns", "update dns CFA-CF-REFUSED"],
      [
        "Cloudflare accepted the DNS record app.example.com as it was sent, but a later read shows something else",
      ],
      false,
    ]);
  });

  it("a pass ends without certainty when the tunnel's configuration differs at every read", async () => {
    const at = createInMemoryDrivers();
    let reads = 0;
    const apply: InMemoryDrivers["drivers"]["ingress"]["apply"] = async (_changes, seen) => {
      reads += 1;
      return {
        observed: { ...seen, version: seen.version + 1 },
        applied: [],
        failures: [],
        outcomeUnknown: false,
      };
    };
    const result = await run(at, [APP], {
      drivers: { ...at.drivers, ingress: { ...at.drivers.ingress, apply } },
    });
    expect([reads, result.certain]).toEqual([4, false]);
  });

  it("a pass ends even if its plan never does", async () => {
    const at = createInMemoryDrivers();
    const observed = at.observed;
    at.errorFor = () => {
      at.observed = observed;
      return undefined;
    };
    expect((await run(at, [APP])).applied).toBeLessThan(200);
  });
});

describe("a pass that must change nothing, or nothing more", () => {
  it("a dry run shows the plan and sends nothing", async () => {
    const at = createInMemoryDrivers();
    const result = await run(at, [APP], { dryRun: true });
    expect([
      at.sent,
      at.observed.access.mine.size,
      result.plan.changes.map(({ key }) => key),
      result.certain,
    ]).toEqual([[], 0, ["login-method", "tag"], true]);
  });

  it("a stop starts no further wave and tears nothing down", async () => {
    const at = createInMemoryDrivers();
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
