import { describe, expect, it } from "vitest";
import { problemKey } from "../../../src/core/domain/problem.ts";
import {
  INITIAL_THROTTLE,
  selectEvents,
  type ThrottleState,
} from "../../../src/notify/throttle.ts";
import type { StatusTransitions } from "../../../src/status/transitions.ts";
import { NOW, news, problem, route } from "./builders.ts";

const MINUTE = 60_000;
const DAY = 86_400_000;

/** The notifications as time passes. */
function listener(dryRun = false) {
  let quiet: ThrottleState = INITIAL_THROTTLE;
  let at = NOW;
  let wakeIn: number | undefined;
  return {
    after: (ms: number, tidings?: Partial<StatusTransitions>): readonly string[] => {
      at += ms;
      const selection = selectEvents(quiet, tidings && news(tidings), at, dryRun);
      quiet = selection.quiet;
      wakeIn = selection.wakeAt === undefined ? undefined : selection.wakeAt - at;
      return selection.events.map(({ type, title }) => `${type} ${title}`);
    },
    wakeIn: () => wakeIn,
  };
}

const OPENED = ["problem.opened problem with photos.example.com"];
const SOLVED = ["problem.solved solved: photos.example.com"];

describe("notifications of problems", () => {
  it("a problem is reported after one minute, and when it is solved", () => {
    const it = listener();
    expect(it.after(0, { problems: [problem()] })).toEqual([]);
    expect(it.wakeIn()).toBe(MINUTE);
    expect(it.after(MINUTE - 1)).toEqual([]);
    expect(it.after(1)).toEqual(OPENED);
    expect(it.wakeIn()).toBeUndefined();
    expect(it.after(MINUTE, {})).toEqual([]);
    expect(it.after(MINUTE, { solved: [problem()] })).toEqual(SOLVED);
  });

  it("the minute counts from the start of a problem, not from its log line", () => {
    const it = listener();
    expect(
      it.after(30_000, { problems: [problem()], since: new Map([[problemKey(problem()), NOW]]) }),
    ).toEqual([]);
    expect(it.wakeIn()).toBe(30_000);
    expect(it.after(30_000)).toEqual(OPENED);
  });

  it("a problem that is solved within the minute is never reported, and neither is its end", () => {
    const it = listener();
    it.after(0, { problems: [problem()] });
    expect(it.after(59_000, { solved: [problem()] })).toEqual([]);
    expect([it.after(MINUTE), it.wakeIn()]).toEqual([[], undefined]);
  });

  it("a problem that returns is reported again only a day after the last report, if it is still there", () => {
    const it = listener();
    it.after(0, { problems: [problem()] });
    it.after(MINUTE);
    it.after(MINUTE, { solved: [problem()] });
    it.after(MINUTE, { problems: [problem()] });
    expect(it.after(2 * MINUTE, { solved: [problem()] })).toEqual([]);
    it.after(MINUTE, { problems: [problem()] });
    expect(it.wakeIn()).toBe(DAY - 5 * MINUTE);
    expect(it.after(DAY - 5 * MINUTE - 1)).toEqual([]);
    expect(it.after(1)).toEqual(OPENED);
  });

  it("a problem that lasts for days is reported once", () => {
    const it = listener();
    it.after(0, { problems: [problem()] });
    it.after(MINUTE);
    expect([it.after(2 * DAY), it.after(2 * DAY, {})]).toEqual([[], []]);
  });

  it("two problems of one container are reported separately", () => {
    const it = listener();
    it.after(0, { problems: [problem(), problem({ code: "CFA-CONFLICT-ACCESS" })] });
    expect(it.after(MINUTE)).toHaveLength(2);
  });
});

describe("notifications of routes", () => {
  it("a route that opens or closes is reported at once", () => {
    expect(
      listener().after(0, { opened: [route("a.example.com")], closed: [route("b.example.com")] }),
    ).toEqual(["route.opened a.example.com is open", "route.closed b.example.com is closed"]);
  });

  it("a route that opens to anyone is reported as that alone", () => {
    const open = route("a.example.com", { access: "public" });
    expect(listener().after(0, { opened: [open], published: [open] })).toEqual([
      "route.public a.example.com is PUBLIC",
    ]);
  });

  it("a route that changes hands is reported with its old and its new party", () => {
    const it = { route: route("a.example.com"), from: "project blog", to: "project shop" };
    expect(listener().after(0, { changedHands: [it] })).toEqual([
      "route.changed-hands a.example.com changed hands",
    ]);
  });

  it("an open route that becomes public is reported", () => {
    expect(
      listener().after(0, { published: [route("a.example.com", { access: "public" })] }),
    ).toHaveLength(1);
  });

  it("no route is reported in a dry run, but problems are", () => {
    const it = listener(true);
    expect(
      it.after(0, {
        opened: [route("a.example.com")],
        closed: [route("b.example.com")],
        problems: [problem()],
      }),
    ).toEqual([]);
    expect(it.after(MINUTE)).toEqual(OPENED);
  });

  it("a route that is pending, changes or will close soon is not reported", () => {
    const at = route("a.example.com");
    expect(
      listener().after(0, {
        waiting: [at],
        closing: [at],
        kept: [at],
        changed: [{ route: at, origin: "a → b" }],
      }),
    ).toEqual([]);
  });
});
