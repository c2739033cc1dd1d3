import { describe, expect, it } from "vitest";
import type { StandingRoute } from "../../src/plan/desired.ts";
import { type Absences, linger, noAbsences } from "../../src/plan/linger.ts";
import { key, stands } from "../builders.ts";

const GRACE = { graceMs: 60_000, startupGraceMs: 300_000 };
const APP = "app.example.com";
const here = new Map([[key(APP), "app"]]);
const gone = new Map<never, never>();
const never = () => false;

const looks = (
  before: Absences,
  wished: ReadonlyMap<ReturnType<typeof key>, string>,
  now: number,
  reused: (route: StandingRoute) => boolean = never,
): Absences => linger(before, [stands(APP)], wished, reused, GRACE, now);

describe("how long a route is kept whose container is not there", () => {
  it("a stopped container keeps its route for the grace", () => {
    expect(looks(looks(noAbsences, here, 0), gone, 1_000).deadlines).toEqual(new Map([[APP, 61_000]]));
  });

  it("the grace is counted from the moment it was first missed", () => {
    const missed = looks(looks(noAbsences, here, 0), gone, 1_000);
    expect(looks(looks(missed, gone, 30_000), gone, 59_000).deadlines).toEqual(new Map([[APP, 61_000]]));
  });

  it("a container that is back ends the grace, and gets a whole one the next time", () => {
    const back = looks(looks(looks(noAbsences, here, 0), gone, 1_000), here, 20_000);
    expect([back.deadlines, looks(back, gone, 30_000).deadlines]).toEqual([new Map(), new Map([[APP, 90_000]])]);
  });

  it("what is missing when cfauth starts is kept for the longer grace", () => {
    expect(looks(noAbsences, gone, 1_000).deadlines).toEqual(new Map([[APP, 301_000]]));
  });

  it("a route that others run behind now has no grace", () => {
    expect(looks(looks(noAbsences, here, 0), gone, 1_000, () => true).deadlines).toEqual(new Map([[APP, 1_000]]));
  });

  it("a grace under way ends when something else comes to run there", () => {
    const missed = looks(looks(noAbsences, here, 0), gone, 1_000);
    expect(looks(missed, gone, 5_000, () => true).deadlines).toEqual(new Map([[APP, 5_000]]));
  });

  it("a route that does not stand needs no grace", () => {
    expect(linger(noAbsences, [], gone, never, GRACE, 0).deadlines).toEqual(new Map());
  });
});
