/** What is previewed is what is then done: held against the whole daemon on the sandbox, change for change and wave for wave. */
import { describe, expect, it } from "vitest";
import type { Owner } from "../../../src/core/domain/owner.ts";
import { planReport } from "../../../src/preview/json.ts";
import type { DryRun } from "../../../src/reconcile/dry-run.ts";
import {
  seedApp,
  seedConfiguration,
  seedPolicy,
  seedRecord,
  seedTunnel,
} from "../../sandbox/cloudflare/seed.ts";
import { tcp, workload } from "../../support/builders.ts";
import { type Home, type HomeOptions, home, line, OWNER } from "./daemon.ts";
import { furnish } from "./others.ts";

const wavesOf = ({ steps }: DryRun, later = false): readonly (readonly string[])[] =>
  [
    ...Map.groupBy(
      steps.filter((step) => step.afterGrace === later),
      ({ wave }) => wave,
    ).values(),
  ].map((wave) => wave.map(({ change }) => line(change)).toSorted());

interface Situation {
  readonly name: string;
  readonly options?: HomeOptions;
  /** How it was when cfauth last ran to its end; nothing ran before where this is absent. */
  readonly before?: (at: Home) => Promise<unknown>;
  readonly now: (at: Home) => Promise<unknown> | unknown;
  /** How many steps that is. */
  readonly steps: number;
}

const SITUATIONS: readonly Situation[] = [
  { name: "nothing is there yet, and nobody asks for anything", now: () => {}, steps: 5 },
  { name: "nothing is there yet but one container", now: (at) => at.run("wiki"), steps: 10 },
  {
    name: "the first container asks for groups and one for e-mail addresses",
    now: several,
    steps: 22,
  },
  {
    name: "others have much there already",
    options: { furnish },
    now: (at) => at.run("wiki", { "access.groups": "family" }),
    steps: 11,
  },
  {
    name: "one label comes where all stands",
    before: (at) => at.run("wiki"),
    now: (at) => at.run("notes"),
    steps: 4,
  },
  { name: "nothing has changed", before: (at) => at.run("wiki"), now: () => {}, steps: 0 },
  {
    name: "an audience is narrowed",
    before: (at) => at.run("wiki"),
    now: (at) => at.relabel("wiki", { "access.groups": "family" }),
    steps: 9,
  },
  {
    name: "an audience is widened",
    before: (at) => at.run("wiki", { "access.groups": "family" }),
    now: (at) => at.relabel("wiki", { "access.groups": "family, admins" }),
    steps: 5,
  },
  {
    name: "a route becomes public",
    before: (at) => at.run("wiki"),
    now: (at) => at.relabel("wiki", { access: "public" }),
    steps: 4,
  },
  {
    name: "a public route becomes protected",
    before: (at) => at.run("wiki", { access: "public" }),
    now: (at) => at.relabel("wiki", { "access.groups": "family" }),
    steps: 11,
  },
  {
    name: "origin and audience change together",
    before: (at) => at.run("wiki", { "access.groups": "family" }),
    now: (at) => at.run("wiki", {}),
    steps: 7,
  },
  {
    name: "only the origin changes",
    before: (at) => at.run("wiki"),
    now: (at) => at.run("wiki"),
    steps: 1,
  },
  {
    name: "how long a login lasts and how the tile looks change",
    before: (at) => at.run("wiki"),
    now: (at) =>
      at.relabel("wiki", {
        "access.session": "7d",
        "app.name": "The wiki",
        "app.category": "Reading",
      }),
    steps: 2,
  },
  {
    name: "a container is gone",
    before: (at) => at.run("wiki", { "access.groups": "family" }),
    now: (at) => at.stop("wiki"),
    steps: 5,
  },
  {
    name: "one of two containers with one audience is gone",
    before: two,
    now: (at) => at.stop("wiki"),
    steps: 4,
  },
  { name: "a protected route lies within a public one", now: nested, steps: 16 },
  {
    name: "a protected route within a public one goes with it",
    before: nested,
    now: (at) => at.stop("wiki"),
    steps: 9,
  },
  {
    name: "a path that needs no login comes to a protected route",
    before: (at) => at.run("wiki"),
    now: (at) => at.relabel("wiki", { "access.bypass": "/hooks" }),
    steps: 3,
  },
  { name: "one is in somebody else's way, and another opens", now: inTheWay, steps: 10 },
  { name: "what was made by hand is taken over", now: byHand, steps: 11 },
];

async function several(at: Home): Promise<void> {
  await at.run("wiki", { "access.groups": "family" });
  await at.run("notes", { "access.emails": "bob@example.com, @example.org" });
  await at.run("open", { access: "public" });
}

async function two(at: Home): Promise<void> {
  await at.run("wiki");
  await at.run("notes");
}

async function nested(at: Home): Promise<void> {
  await at.run("wiki", { access: "public" });
  const labels = {
    "cfauth.web.hostname": at.host("wiki"),
    "cfauth.web.access": "public",
    "cfauth.admin.hostname": at.host("wiki"),
    "cfauth.admin.path": "/admin",
    "cfauth.admin.access.groups": "family",
  };
  at.add(workload(labels, { name: "wiki", ports: [tcp(at.port("wiki"))] }));
}

async function inTheWay(at: Home): Promise<void> {
  seedRecord(at.sandbox.cloudflare.state, { name: at.host("notes"), type: "A" });
  await two(at);
}

async function byHand(at: Home): Promise<void> {
  const { state } = at.sandbox.cloudflare;
  const tunnel = seedTunnel(state, { name: "cfauth" });
  seedConfiguration(state, tunnel, {
    ingress: [{ hostname: at.host("wiki"), service: "http://192.0.2.9:8080" }],
  });
  seedRecord(state, { name: at.host("wiki"), type: "A" });
  const friends = seedPolicy(state, {
    name: "Friends",
    include: [{ email: { email: "bob@example.com" } }],
  });
  seedApp(state, {
    domain: at.host("wiki"),
    policies: [{ id: friends.id, precedence: 1 }],
    name: "By hand",
  });
  await at.run("wiki", { adopt: "true" });
}

describe("what is previewed", () => {
  it.each(SITUATIONS)(
    "is done, step for step, where $name",
    async ({ options, before, now, steps }) => {
      await using at = await home(options);
      if (before !== undefined) {
        await before(at);
        expect((await at.settle()).errors).toEqual([]);
      }
      await now(at);
      const daemon = await at.another();
      at.sandbox.controls.clear();
      const preview = await daemon.preview();
      expect(at.sandbox.controls.writes()).toEqual([]);
      const done = await daemon.turn();
      expect(wavesOf(preview)).toEqual(done);
      expect(preview.steps.length).toBe(steps);
      expect(preview.steps.map(({ number }) => number)).toEqual(
        preview.steps.map((_, index) => index + 1),
      );
      expect(preview.end.live.toSorted()).toEqual(daemon.live);
      expect(preview.end.problems).toEqual(daemon.problems);
      expect(await daemon.turn()).toEqual([]);
    },
  );
});

describe("a route whose container is gone", () => {
  it("is previewed apart, as what the daemon does when the grace period has ended", async () => {
    await using at = await home({ settings: { CFAUTH_STARTUP_GRACE_PERIOD: "60s" } });
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    at.stop("wiki");
    const daemon = await at.another();
    const preview = await daemon.preview();
    expect(wavesOf(preview)).toEqual([]);
    expect(await daemon.turn()).toEqual([]);
    await daemon.resync();
    expect(wavesOf(preview, true).flat()).toEqual(daemon.changes.map(line));
    expect(daemon.changes.map(({ kind }) => kind)).toEqual([
      "dns",
      "tile",
      "ingress",
      "access",
      "policy",
    ]);
  });
});

describe("an open route whose labels cannot be read any more", () => {
  it("is said to stay as it is, as it does", async () => {
    await using at = await home();
    await at.run("wiki");
    await at.settle();
    await at.relabel("wiki", { acess: "public" });
    const preview = await (await at.another()).preview();
    const { changes, problems } = planReport(preview, OWNER as Owner);
    expect(changes).toEqual([]);
    expect(problems).toMatchObject([
      { code: "CFA-LABEL-UNKNOWN", container: "wiki", effect: "unchanged" },
    ]);
  });
});
