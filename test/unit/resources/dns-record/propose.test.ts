import { describe, expect, it } from "vitest";
import type { Exposure } from "../../../../src/core/domain/exposure.ts";
import { EMPTY_MEMORY, resolveDesired } from "../../../../src/core/plan/desired-state.ts";
import type { DesiredState } from "../../../../src/core/plan/types.ts";
import { markOwned } from "../../../../src/resources/contract/owned.ts";
import { dnsRecordResource } from "../../../../src/resources/dns-record/propose.ts";
import type { DnsRecord } from "../../../../src/resources/dns-record/types.ts";
import type { ObservedState } from "../../../../src/resources/observed.ts";
import { exposure, hostname, key, NOTHING_RUNS, route } from "../../../support/builders.ts";
import { emptyAccount, OWNER } from "../../core/plan/model.ts";

const APP = "app.example.com";
const record = (more: Partial<DnsRecord> = {}): DnsRecord => ({
  id: "r-1",
  zone: "z-1",
  name: hostname(APP),
  type: "CNAME",
  content: "t-1.cfargotunnel.com",
  proxied: true,
  ...more,
});
const observed = (found?: DnsRecord, more: Partial<ObservedState> = {}): ObservedState => {
  const empty = emptyAccount();
  return {
    ...empty,
    dns: {
      ...empty.dns,
      mine: new Map(found && [[found.name, markOwned(found)]]),
      theirs: new Map(),
    },
    ...more,
  };
};
const desire = (...exposures: Exposure[]): DesiredState =>
  resolveDesired(
    [{ exposures, faulty: [], problems: [] }],
    [],
    NOTHING_RUNS,
    EMPTY_MEMORY,
    { graceMs: 0, startupGraceMs: 0 },
    0,
  ).desired;
const state = (at: ObservedState, wish = exposure(APP)) =>
  dnsRecordResource(OWNER).assess(wish.route, wish, at, desire(wish));
const unwished = (at: ObservedState, desired = desire(), of = APP) =>
  dnsRecordResource(OWNER).assess(route(of), undefined, at, desired);
const DESIRED = { zone: "z-1", name: APP, content: "t-1.cfargotunnel.com", comment: "cfauth:home" };

describe("the record of a desired hostname", () => {
  it("a new record leads to the tunnel and has our mark", () => {
    expect(state(observed())).toEqual({
      is: "absent",
      create: { kind: "dns", action: "create", key: `dns ${APP}`, subject: APP, desired: DESIRED },
    });
  });

  it("a record is created in the most specific zone", () => {
    const zones = [
      { id: "z-1", name: "example.com" },
      { id: "z-2", name: "lab.example.com" },
    ];
    expect(
      state(
        observed(undefined, { dns: { ...observed().dns, zones } }),
        exposure("a.lab.example.com"),
      ),
    ).toMatchObject({
      create: { desired: { zone: "z-2", name: "a.lab.example.com" } },
    });
  });

  it("a record is not created in a parent zone while its own zone may not be used", () => {
    const dns = { ...observed().dns, excludedZones: ["lab.example.com"] };
    expect(state(observed(undefined, { dns }), exposure("a.lab.example.com"))).toEqual({
      is: "absent",
      create: undefined,
    });
  });

  it("one record serves all paths of the hostname", () => {
    expect(state(observed(), exposure(`${APP}/api`))).toMatchObject({
      create: { key: `dns ${APP}`, desired: { name: APP } },
    });
  });

  it.each([
    {
      name: "its zone is not visible",
      at: observed(undefined, { dns: { ...observed().dns, zones: [] } }),
    },
    {
      name: "the tunnel does not exist",
      at: observed(undefined, { tunnel: { ...emptyAccount().tunnel, tunnel: undefined } }),
    },
  ])("a record cannot be created while $name", ({ at }) => {
    expect(state(at)).toEqual({ is: "absent", create: undefined });
  });

  it("a record is in sync if it leads to the tunnel", () => {
    expect(state(observed(record()))).toEqual({ is: "in-sync" });
  });

  it("a record is left as it is while its zone is not visible", () => {
    expect(state(observed(record(), { dns: { ...observed(record()).dns, zones: [] } }))).toEqual({
      is: "in-sync",
    });
  });

  it.each<{ name: string; found: DnsRecord }>([
    { name: "leads to another tunnel", found: record({ content: "t-0.cfargotunnel.com" }) },
    {
      name: "is not proxied, so that Access does not see its visitors",
      found: record({ proxied: false }),
    },
    { name: "is an address", found: record({ type: "A", content: "203.0.113.7" }) },
  ])("a record is updated if it $name", ({ found }) => {
    expect(state(observed(found))).toEqual({
      is: "drifted",
      changes: undefined,
      repair: {
        kind: "dns",
        action: "update",
        key: `dns ${APP}`,
        subject: APP,
        existing: found,
        desired: DESIRED,
      },
      remove: { kind: "dns", action: "delete", key: `dns ${APP}`, subject: APP, existing: found },
    });
  });
});

describe("a foreign record at the hostname", () => {
  const theirs = new Map([
    [APP, [{ id: "their-record", zone: "z-1", type: "A", content: "203.0.113.7" }] as const],
  ]);

  it("a foreign record is left alone and reported", () => {
    expect(state(observed(undefined, { dns: { ...observed().dns, theirs } }))).toEqual({
      is: "conflict",
      problem: {
        code: "CFA-CONFLICT-DNS",
        severity: "error",
        container: "app",
        label: "cfauth.hostname",
        route: APP,
        message: "a DNS record A 203.0.113.7 is at app.example.com and is not cfauth's",
        about: "",
        effect: "closed",
        fix: 'delete it in Cloudflare, set cfauth.adopt: "true" on container app to take it over, or choose another hostname',
      },
    });
  });

  it("a foreign record beside ours does not matter", () => {
    expect(state(observed(record(), { dns: { ...observed(record()).dns, theirs } }))).toEqual({
      is: "in-sync",
    });
  });

  it("a foreign record is not touched if no label asks for the hostname", () => {
    expect(unwished(observed(undefined, { dns: { ...observed().dns, theirs } }))).toEqual({
      is: "absent",
      create: undefined,
    });
  });
});

describe("a record of ours that this route does not need", () => {
  const holding = (at: ObservedState): ObservedState => ({
    ...at,
    access: { ...at.access, mine: new Map([[key(`${APP}/api`), {} as never]]) },
  });

  it.each<{ name: string; at: ObservedState; desired: DesiredState; is: string }>([
    {
      name: "a record that no route needs is deleted",
      at: observed(record()),
      desired: desire(),
      is: "orphaned",
    },
    {
      name: "a record is deleted if only another hostname is desired",
      at: observed(record()),
      desired: desire(exposure("b.example.com")),
      is: "orphaned",
    },
    {
      name: "a record stays if another path of the hostname is desired",
      at: observed(record()),
      desired: desire(exposure(`${APP}/api`)),
      is: "shared",
    },
    {
      name: "a record stays if another path of the hostname is frozen",
      at: holding(observed(record())),
      desired: { ...desire(), frozen: new Set([key(`${APP}/api`)]) },
      is: "shared",
    },
    {
      name: "a record is deleted if the frozen path of the hostname never opened",
      at: observed(record()),
      desired: { ...desire(), frozen: new Set([key(`${APP}/api`)]) },
      is: "orphaned",
    },
    {
      name: "a hostname without a record has nothing to delete",
      at: observed(),
      desired: desire(),
      is: "absent",
    },
  ])("$name", ({ at, desired, is }) => {
    expect(unwished(at, desired).is).toBe(is);
  });

  it("a record is deleted by what was observed of it", () => {
    expect(unwished(observed(record()))).toEqual({
      is: "orphaned",
      remove: {
        kind: "dns",
        action: "delete",
        key: `dns ${APP}`,
        subject: APP,
        existing: record(),
      },
    });
  });
});
