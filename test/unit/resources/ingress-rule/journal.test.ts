/**
 * What this process remembers of the tunnel's configuration between observations: who changed it,
 * and what cloudflared runs.
 */
import { describe, expect, it } from "vitest";
import {
  afterRead,
  afterWrite,
  EMPTY_JOURNAL,
  type Journal,
  journalFacts,
  type RuleDocument,
} from "../../../../src/resources/ingress-rule/journal.ts";
import { originFingerprint } from "../../../../src/resources/ingress-rule/rules.ts";
import { afterReport } from "../../../../src/resources/ingress-rule/running.ts";
import type { IngressRuleChange, RawRule } from "../../../../src/resources/ingress-rule/types.ts";
import { key, route } from "../../../support/builders.ts";

const MARK = "cfauth:home";
const SECOND = 1_000;

const rule = (hostname: string, required = true, options: object = {}): RawRule => ({
  hostname,
  service: "http://app:80",
  originRequest: {
    ...options,
    access: { required, teamName: "team", audTag: [...(required ? ["aud"] : []), MARK] },
  },
});
const document = (version: number, ...rules: RawRule[]): RuleDocument => ({
  version,
  rules,
  catchAll: { service: "http_status:404" },
  rest: {},
});

const opening = (
  hostname: string,
  options: Readonly<Record<string, string>> = {},
): IngressRuleChange => ({
  kind: "ingress",
  action: "create",
  key: hostname,
  subject: hostname,
  desired: {
    route: route(hostname),
    origin: { service: "http://app:80", options },
    check: { team: "team", aud: "aud" },
    cleanPathsOnly: false,
    mark: { team: "team", text: MARK },
  },
  existing: [],
});
const closing = (at: RawRule): IngressRuleChange => ({
  kind: "ingress",
  action: "delete",
  key: "gone",
  subject: "gone",
  existing: [at],
});

/** The life of one configuration. Each step happens this many seconds after the start. */
function life(start: RuleDocument = document(1)) {
  let journal: Journal = afterRead(EMPTY_JOURNAL, start, MARK, 0).journal;
  let now = start;
  const jumps: string[] = [];
  return {
    look(at: number, seen: RuleDocument = now): void {
      const { journal: next, jump } = afterRead(journal, seen, MARK, at * SECOND);
      if (jump !== undefined) jumps.push(`${jump.during} ${jump.from} → ${jump.to}`);
      [journal, now] = [next, seen];
    },
    write(at: number, after: RuleDocument, ...changes: IngressRuleChange[]): void {
      const { journal: next, jump } = afterWrite(
        journal,
        { before: now, after, changes },
        MARK,
        at * SECOND,
      );
      if (jump !== undefined) jumps.push(`${jump.during} ${jump.from} → ${jump.to}`);
      [journal, now] = [next, after];
    },
    ask(at: number, ...running: number[]): void {
      journal = afterReport(journal, now, running, MARK, at * SECOND);
    },
    seen: (at: number) => journalFacts(journal, at * SECOND),
    jumps,
  };
}

/** A journal whose first write, version 1, reached cloudflared in time. */
function timely() {
  const it = life(document(0));
  it.write(-20, document(1), opening("first.example.com"));
  it.ask(-18, 1);
  return it;
}

describe("a jump of the version", () => {
  it("an observation detects a version other than the last one", () => {
    const it = life();
    it.look(5, document(3));
    it.look(6);
    expect(it.jumps).toEqual(["look 1 → 3"]);
  });

  it("a write detects a version that is not the next one", () => {
    const it = life();
    it.write(1, document(2));
    it.write(2, document(5));
    expect(it.jumps).toEqual(["write 2 → 5"]);
  });
});

describe("observations after a write", () => {
  it("the configuration is observed 2 s and 12 s after a write, and then only at the resync", () => {
    const it = life();
    it.write(10, document(2));
    expect(it.seen(10).observeAgainAt).toBe(12 * SECOND);
    it.look(12);
    it.ask(12, 2);
    expect(it.seen(12).observeAgainAt).toBe(22 * SECOND);
    it.look(22);
    expect(it.seen(22).observeAgainAt).toBeUndefined();
  });

  it("the next observation waits twice as long each time that others undo our rules, up to five minutes", () => {
    const it = life(document(1, rule("a.example.com")));
    const waits: number[] = [];
    for (let round = 0; round < 10; round++) {
      const [at, version] = [round * 10, 2 + 2 * round];
      it.look(at, document(version));
      it.write(at, document(version + 1, rule("a.example.com")));
      waits.push(((it.seen(at).observeAgainAt ?? 0) - at * SECOND) / SECOND);
    }
    expect(waits).toEqual([4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
  });
});

describe("a second writer", () => {
  const undoneTimes = (times: number) => {
    const it = life(document(1, rule("a.example.com")));
    for (let round = 0; round < times; round++) {
      it.look(round, document(2 + 2 * round));
      it.write(round, document(3 + 2 * round, rule("a.example.com")));
    }
    return it;
  };

  it("a second writer is reported once it has undone our rules 4 times within 10 minutes, and no longer after that", () => {
    expect([undoneTimes(3).seen(5).contested, undoneTimes(4).seen(5).contested]).toEqual([
      false,
      true,
    ]);
    expect(undoneTimes(4).seen(700).contested).toBe(false);
  });

  it("a second writer is not reported while it leaves our rules alone, however often it writes", () => {
    const it = life(document(1, rule("a.example.com")));
    for (let version = 2; version < 20; version++)
      it.look(
        version,
        document(version, rule("a.example.com"), {
          hostname: `n${version}.example.com`,
          service: "http://x",
        }),
      );
    expect(it.seen(20).contested).toBe(false);
  });
});

describe("the version that cloudflared runs", () => {
  it("cloudflared counts as behind after 15 s, until it runs the newest configuration", () => {
    const it = life();
    it.write(0, document(2), opening("a.example.com"));
    it.ask(2, 1);
    it.ask(14, 1);
    expect(it.seen(14).behind).toBe(false);
    it.ask(16, 1);
    expect(it.seen(16).behind).toBe(true);
    it.ask(30, 2);
    expect(it.seen(30).behind).toBe(false);
  });

  it("cloudflared is asked again after 15 s, then less and less often", () => {
    const it = life();
    it.look(0, document(2));
    const waits: number[] = [];
    for (let at = 1, n = 0; n < 7; n++) {
      it.look(at);
      it.ask(at, 1);
      const next = (it.seen(at).observeAgainAt ?? 0) / SECOND;
      waits.push(next - at);
      at = next;
    }
    expect(waits).toEqual([14, 15, 30, 60, 120, 240, 300]);
  });

  it("a late cloudflared does not matter while no connector is there, because no visitor is served", () => {
    const it = life();
    it.write(0, document(2), closing(rule("a.example.com")));
    it.ask(2);
    expect(it.seen(2)).toMatchObject({ behind: false, unconfirmed: [] });
  });

  it("a closing is unconfirmed until every connector runs a configuration without the rule", () => {
    const it = life(document(1, rule("a.example.com"), rule("b.example.com")));
    it.write(0, document(2, rule("b.example.com")), closing(rule("a.example.com")));
    it.write(1, document(3), closing(rule("b.example.com")));
    it.ask(2, 2, 3);
    expect(it.seen(2).unconfirmed).toEqual(["b.example.com"]);
    it.ask(3, 3, 3);
    expect(it.seen(3).unconfirmed).toEqual([]);
  });

  it("a deleted tunnel leaves nothing unconfirmed, and its successor starts from the beginning", () => {
    const it = life(document(30, rule("a.example.com")));
    it.write(0, document(31), closing(rule("a.example.com")));
    it.look(60, document(1));
    it.ask(60, 1);
    expect(it.seen(60)).toMatchObject({ behind: false, unconfirmed: [] });
  });

  it("a narrowing is unconfirmed at first, an opening or a widening is not", () => {
    const it = life();
    const narrowed = {
      ...opening("a.example.com"),
      existing: [rule("a.example.com", false)],
    } as IngressRuleChange;
    const kept = {
      ...opening("b.example.com"),
      existing: [rule("b.example.com")],
    } as IngressRuleChange;
    it.write(0, document(2), narrowed, kept, opening("c.example.com"));
    expect(it.seen(0).unconfirmed).toEqual(["a.example.com"]);
  });
});

describe("a rule that cloudflared refuses", () => {
  const CA = { caPool: "/gone.pem" };
  const withheld = (it: ReturnType<typeof life>, at: number) =>
    [...it.seen(at).withheld]
      .map(([name, { refused }]) => `${name}${refused ? " refused" : ""}`)
      .toSorted();

  it("a single refused rule is withdrawn after 30 s, and only as its labels were", () => {
    const it = life();
    it.write(0, document(2), opening("a.example.com", CA));
    it.ask(31, 1);
    expect([...it.seen(31).withheld]).toEqual([
      [
        "a.example.com",
        { print: originFingerprint({ service: "http://app:80", options: CA }), refused: true },
      ],
    ]);
  });

  it("all rules opened since the last configuration that cloudflared runs are withdrawn, but closings are not", () => {
    const it = timely();
    it.write(0, document(2), opening("a.example.com", CA), closing(rule("old.example.com")));
    it.write(5, document(3), opening("b.example.com"));
    it.ask(31, 1);
    expect(withheld(it, 31)).toEqual(["a.example.com", "b.example.com"]);
    expect(it.seen(31).unconfirmed).toEqual(["old.example.com"]);
  });

  it("our rules are not suspected while one of two connectors runs the newest configuration", () => {
    const it = timely();
    it.write(0, document(2), opening("a.example.com"));
    it.ask(31, 1, 2);
    expect([it.seen(31).behind, withheld(it, 31)]).toEqual([true, []]);
  });

  it("one refused rule of eight is found by halving, and the other seven are opened again", () => {
    const names = ["a", "b", "c", "d", "e", "f", "g", "h"].map((name) => `${name}.example.com`);
    const it = timely();
    let [version, running, at] = [2, 1, 0];
    let open = new Set(names);
    it.write(0, document(version), ...names.map((name) => opening(name)));
    for (let step = 0; step < 200; step++) {
      at += 40;
      if (!open.has("f.example.com")) running = version;
      it.look(at);
      it.ask(at, running);
      const kept = it.seen(at).withheld;
      const wanted = new Set(names.filter((name) => !kept.has(key(name))));
      const [opened, closed] = [
        [...wanted].filter((name) => !open.has(name)),
        [...open].filter((name) => !wanted.has(name)),
      ];
      open = wanted;
      if (opened.length + closed.length === 0) continue;
      version += 1;
      it.write(
        at,
        document(version),
        ...opened.map((name) => opening(name)),
        ...closed.map((name) => closing(rule(name))),
      );
    }
    expect(withheld(it, at)).toEqual(["f.example.com refused"]);
    expect(it.seen(at).behind).toBe(false);
  });

  it("our rules return if withdrawing them does not help, and the problem stays", () => {
    const it = timely();
    it.write(0, document(2), opening("a.example.com"), opening("b.example.com"));
    it.ask(31, 1);
    it.write(31, document(3), closing(rule("a.example.com")), closing(rule("b.example.com")));
    it.ask(62, 1);
    expect([it.seen(62).behind, withheld(it, 62)]).toEqual([true, []]);
    it.ask(300, 1);
    expect(withheld(it, 300)).toEqual([]);
  });

  it("a process that has just started suspects the rules with a text from a label", () => {
    const it = life(
      document(
        7,
        rule("a.example.com"),
        rule("b.example.com", true, CA),
        rule("c.example.com", true, { noTLSVerify: true }),
      ),
    );
    it.ask(1, 6);
    it.ask(31, 6);
    expect(withheld(it, 31)).toEqual(["b.example.com refused"]);
  });

  describe("an unknown delay of Cloudflare's reports", () => {
    it("while the delay is unknown, only rules with a CA file are suspected for ten minutes, and the others stay", () => {
      const it = life();
      it.write(
        0,
        document(2),
        opening("a.example.com", CA),
        opening("b.example.com"),
        opening("c.example.com", { httpHostHeader: "c" }),
      );
      it.ask(31, 1);
      expect(withheld(it, 31)).toEqual(["a.example.com refused"]);
    });

    it("while the delay is unknown, rules without a CA file are not suspected before ten minutes are over, but a problem is reported", () => {
      const it = life();
      it.write(0, document(2), opening("a.example.com"), opening("b.example.com"));
      for (const at of [15, 31, 61, 121, 599]) {
        it.ask(at, 1);
        expect([it.seen(at).behind, withheld(it, at)]).toEqual([true, []]);
      }
      it.ask(600, 1);
      expect(withheld(it, 600)).toEqual(["a.example.com", "b.example.com"]);
      it.write(600, document(3), closing(rule("a.example.com")), closing(rule("b.example.com")));
      it.ask(631, 1);
      expect(withheld(it, 631)).toEqual([]);
    });
  });

  it.each([
    { late: 45, kept: 89 },
    { late: 200, kept: 399 },
    { late: 500, kept: 599 },
  ])(
    "a refused rule is waited for $kept s if a report once came only after $late s",
    ({ late, kept }) => {
      const it = life();
      it.write(0, document(2), opening("a.example.com"));
      it.ask(late, 1);
      it.ask(late + 5, 2);
      const startedAt = late + 100;
      it.write(startedAt, document(3), opening("b.example.com", CA), opening("c.example.com"));
      it.ask(startedAt + kept, 2);
      expect(withheld(it, startedAt + kept)).toEqual([]);
      it.ask(startedAt + kept + 1, 2);
      expect(withheld(it, startedAt + kept + 1)).toEqual(["b.example.com", "c.example.com"]);
    },
  );

  it("the wait does not grow because one of two connectors hangs or because a version was skipped", () => {
    const it = timely();
    it.write(0, document(2), opening("a.example.com"));
    it.ask(2, 1, 2);
    it.write(100, document(3), opening("b.example.com"));
    it.ask(102, 1, 2);
    it.ask(120, 1, 2);
    it.write(121, document(4), opening("c.example.com"));
    it.ask(122, 1, 4);
    it.ask(123, 4, 4);
    it.write(200, document(5), opening("d.example.com"));
    it.ask(231, 4, 4);
    expect(withheld(it, 231)).toEqual(["d.example.com refused"]);
  });

  it("our rules are not suspected while cloudflared runs each new version in time, however many there are", () => {
    const it = timely();
    for (let version = 2; version < 12; version++) {
      const at = version * 10;
      it.write(at, document(version), opening(`n${version}.example.com`));
      it.ask(at + 2, version - 1);
      expect([it.seen(at + 2).behind, withheld(it, at + 2)]).toEqual([false, []]);
    }
  });
});
