import { describe, expect, it } from "vitest";
import type { Exposure } from "../../src/core/domain/exposure.ts";
import { EMPTY_MEMORY, resolveDesired } from "../../src/core/plan/desired-state.ts";
import type { DesiredState } from "../../src/core/plan/types.ts";
import { markOwned } from "../../src/resources/contract/owned.ts";
import { dnsRecordResource } from "../../src/resources/dns-record/propose.ts";
import type { DnsRecord } from "../../src/resources/dns-record/types.ts";
import type { ObservedState } from "../../src/resources/observed.ts";
import { exposure, hostname, key, NOTHING_RUNS, route } from "../builders.ts";
import { emptyWorld, OWNER } from "../plan/model.ts";

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
const world = (found?: DnsRecord, more: Partial<ObservedState> = {}): ObservedState => {
  const empty = emptyWorld();
  return { ...empty, dns: { ...empty.dns, mine: new Map(found && [[found.name, markOwned(found)]]), theirs: new Map() }, ...more };
};
const wished = (...exposures: Exposure[]): DesiredState =>
  resolveDesired([{ exposures, faulty: [], problems: [] }], [], NOTHING_RUNS, EMPTY_MEMORY, { graceMs: 0, startupGraceMs: 0 }, 0).desired;
const stance = (at: ObservedState, wish = exposure(APP)) => dnsRecordResource(OWNER).stance(wish.route, wish, at, wished(wish));
const unwished = (at: ObservedState, desired = wished(), of = APP) => dnsRecordResource(OWNER).stance(route(of), undefined, at, desired);
const WISH = { zone: "z-1", name: APP, content: "t-1.cfargotunnel.com", comment: "cfauth:home" };

describe("the record of a wished hostname", () => {
  it("is opened: a name that leads to the tunnel, with our mark", () => {
    expect(stance(world())).toEqual({ is: "absent", open: { kind: "dns", action: "create", key: `dns ${APP}`, subject: APP, wish: WISH } });
  });

  it("is made in the nearest zone", () => {
    const zones = [
      { id: "z-1", name: "example.com" },
      { id: "z-2", name: "lab.example.com" },
    ];
    expect(stance(world(undefined, { dns: { ...world().dns, zones } }), exposure("a.lab.example.com"))).toMatchObject({
      open: { wish: { zone: "z-2", name: "a.lab.example.com" } },
    });
  });

  it("is not made in a parent zone while the zone that it belongs to may not be used", () => {
    const dns = { ...world().dns, excludedZones: ["lab.example.com"] };
    expect(stance(world(undefined, { dns }), exposure("a.lab.example.com"))).toEqual({ is: "absent", open: undefined });
  });

  it("is one for all paths of the hostname", () => {
    expect(stance(world(), exposure(`${APP}/api`))).toMatchObject({ open: { key: `dns ${APP}`, wish: { name: APP } } });
  });

  it.each([
    { name: "its zone is not seen", at: world(undefined, { dns: { ...world().dns, zones: [] } }) },
    { name: "the tunnel is not there", at: world(undefined, { tunnel: { ...emptyWorld().tunnel, tunnel: undefined } }) },
  ])("cannot be opened while $name", ({ at }) => {
    expect(stance(at)).toEqual({ is: "absent", open: undefined });
  });

  it("stands when it leads to the tunnel", () => {
    expect(stance(world(record()))).toEqual({ is: "stands" });
  });

  it("is left as it is while its zone is not seen", () => {
    expect(stance(world(record(), { dns: { ...world(record()).dns, zones: [] } }))).toEqual({ is: "stands" });
  });

  it.each<{ name: string; found: DnsRecord }>([
    { name: "leads to another tunnel", found: record({ content: "t-0.cfargotunnel.com" }) },
    { name: "is not proxied, so that Access does not see its visitors", found: record({ proxied: false }) },
    { name: "is an address", found: record({ type: "A", content: "203.0.113.7" }) },
  ])("is mended when it $name", ({ found }) => {
    expect(stance(world(found))).toEqual({
      is: "drifted",
      moves: undefined,
      mend: { kind: "dns", action: "update", key: `dns ${APP}`, subject: APP, at: found, wish: WISH },
      close: { kind: "dns", action: "delete", key: `dns ${APP}`, subject: APP, at: found },
    });
  });
});

describe("a record of somebody else at the hostname", () => {
  const theirs = new Map([[APP, [{ id: "their-record", zone: "z-1", type: "A", content: "203.0.113.7" }] as const]]);

  it("is left to them, and said", () => {
    expect(stance(world(undefined, { dns: { ...world().dns, theirs } }))).toEqual({
      is: "taken",
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

  it("does not matter beside one of ours", () => {
    expect(stance(world(record(), { dns: { ...world(record()).dns, theirs } }))).toEqual({ is: "stands" });
  });

  it("is not touched when nobody wishes the hostname", () => {
    expect(unwished(world(undefined, { dns: { ...world().dns, theirs } }))).toEqual({ is: "absent", open: undefined });
  });
});

describe("a record of ours that this route does not wish", () => {
  const holding = (at: ObservedState): ObservedState => ({
    ...at,
    access: { ...at.access, mine: new Map([[key(`${APP}/api`), {} as never]]) },
  });

  it.each<{ name: string; at: ObservedState; desired: DesiredState; is: string }>([
    { name: "goes when nobody needs it", at: world(record()), desired: wished(), is: "left" },
    { name: "goes when only another hostname is wished", at: world(record()), desired: wished(exposure("b.example.com")), is: "left" },
    {
      name: "stays when another path of the hostname is wished",
      at: world(record()),
      desired: wished(exposure(`${APP}/api`)),
      is: "shared",
    },
    {
      name: "stays when another path of the hostname is held as it is",
      at: holding(world(record())),
      desired: { ...wished(), held: new Set([key(`${APP}/api`)]) },
      is: "shared",
    },
    {
      name: "goes when what is held of the hostname never opened",
      at: world(record()),
      desired: { ...wished(), held: new Set([key(`${APP}/api`)]) },
      is: "left",
    },
    { name: "is absent where there is none", at: world(), desired: wished(), is: "absent" },
  ])("$name", ({ at, desired, is }) => {
    expect(unwished(at, desired).is).toBe(is);
  });

  it("is deleted by what was seen of it", () => {
    expect(unwished(world(record()))).toEqual({
      is: "left",
      close: { kind: "dns", action: "delete", key: `dns ${APP}`, subject: APP, at: record() },
    });
  });
});
