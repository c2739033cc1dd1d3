import { describe, expect, it } from "vitest";
import type { Exposure } from "../../src/domain/exposure.ts";
import type { StandingRoute } from "../../src/plan/desired.ts";
import { type Rivalries, type Settled, settle } from "../../src/plan/settle.ts";
import { exposure, stands } from "../builders.ts";

const APP = "app.example.com";
const GRACE_MS = 60_000;

/** A container of this name that wants app.example.com, created at that moment. */
const wants = (workload: string, created: number, port = 80): Exposure =>
  exposure(APP, { workload, created, origin: { service: `http://${workload}:${port}`, options: {} } });
const held = (by: string) => [stands(APP, { service: `http://${by}:80` })];

const looks = (exposures: readonly Exposure[], standing: readonly StandingRoute[] = [], before: Rivalries = new Map(), now = 0): Settled =>
  settle(exposures, standing, before, GRACE_MS, now);
const winners = ({ wishes }: Settled) => wishes.map(({ workload }) => workload);

describe("two containers that want one hostname", () => {
  it.each<{ name: string; exposures: readonly Exposure[]; standing: readonly StandingRoute[]; winner: string }>([
    { name: "the older one gets it", exposures: [wants("young", 2), wants("old", 1)], standing: [], winner: "old" },
    { name: "of two that are as old, the first by name", exposures: [wants("b", 1), wants("a", 1)], standing: [], winner: "a" },
    {
      name: "the one that has it keeps it against an older one",
      exposures: [wants("old", 1), wants("young", 2)],
      standing: held("young"),
      winner: "young",
    },
    {
      name: "a route that leads to neither gives neither a claim",
      exposures: [wants("young", 2), wants("old", 1)],
      standing: held("third"),
      winner: "old",
    },
    {
      name: "a route without a rule gives neither a claim",
      exposures: [wants("young", 2), wants("old", 1)],
      standing: [stands(APP, { service: undefined })],
      winner: "old",
    },
  ])("$name", ({ exposures, standing, winner }) => {
    expect([winners(looks(exposures, standing)), winners(looks(exposures.toReversed(), standing))]).toEqual([[winner], [winner]]);
  });

  it("the other one is told who has it", () => {
    expect(looks([wants("blog", 1), wants("shop", 2)]).problems).toEqual([
      {
        code: "CFA-HOST-TAKEN",
        severity: "error",
        container: "shop",
        label: "cfauth.hostname",
        route: "app.example.com",
        message: "container blog already has app.example.com and keeps it",
        effect: "closed",
        fix: "give shop or blog another hostname, or a path of its own",
      },
    ]);
  });

  it("of three, both losers are told", () => {
    expect(looks([wants("a", 1), wants("b", 2), wants("c", 3)]).problems.map(({ container }) => container)).toEqual(["b", "c"]);
  });

  it("different paths of the hostname are no conflict", () => {
    expect(looks([wants("a", 1), exposure(`${APP}/api`, { workload: "b" })])).toMatchObject({
      problems: [],
      wishes: [{ workload: "a" }, { workload: "b" }],
    });
  });
});

describe("when the holder stops", () => {
  const both = [wants("holder", 1), wants("loser", 2)];
  const rivalry = looks(both).rivalries;
  const stopped = looks([wants("loser", 2)], held("holder"), rivalry, 1_000);

  it("the loser does not inherit at once: it may only restart", () => {
    expect([stopped.wishes, stopped.problems]).toEqual([[], []]);
    expect(stopped.waiting.map(({ exposure, holder, until }) => [exposure.workload, holder, until])).toEqual([["loser", "holder", 61_000]]);
  });

  it("the wait does not begin anew with each look", () => {
    expect(looks([wants("loser", 2)], held("holder"), stopped.rivalries, 50_000).waiting[0]?.until).toBe(61_000);
  });

  it("the loser inherits after the grace", () => {
    const later = looks([wants("loser", 2)], held("holder"), stopped.rivalries, 61_000);
    expect([winners(later), later.waiting, later.rivalries]).toEqual([["loser"], [], new Map()]);
  });

  it("a holder that is back within the grace keeps the hostname", () => {
    const back = looks([wants("loser", 2), wants("holder", 9)], held("holder"), stopped.rivalries, 20_000);
    expect([winners(back), back.problems.map(({ container }) => container)]).toEqual([["holder"], ["loser"]]);
  });

  it("a holder that is back made anew, with another port, keeps the hostname", () => {
    const back = looks([wants("loser", 2), wants("holder", 9, 8080)], held("holder"), stopped.rivalries, 20_000);
    expect([winners(back), back.problems.map(({ container }) => container)]).toEqual([["holder"], ["loser"]]);
  });

  it("one that was never refused takes over at once, and the loser stays refused", () => {
    const newcomer = looks([wants("loser", 2), wants("newcomer", 9)], held("holder"), stopped.rivalries, 20_000);
    expect([winners(newcomer), newcomer.problems.map(({ container }) => container)]).toEqual([["newcomer"], ["loser"]]);
  });

  it("without memory, after cfauth itself restarted, the one that is there gets it", () => {
    expect(winners(looks([wants("loser", 2)], held("holder")))).toEqual(["loser"]);
  });

  it("nothing is left to wait for when the loser goes as well", () => {
    expect(looks([], held("holder"), stopped.rivalries, 20_000)).toEqual({ wishes: [], waiting: [], problems: [], rivalries: new Map() });
  });
});
