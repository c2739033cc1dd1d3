/** cfauth applies exactly what it previews: compared with the whole daemon on the sandbox, change by change and wave by wave. */
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
  /** The state when cfauth last converged; absent if cfauth never ran before. */
  readonly before?: (at: Home) => Promise<unknown>;
  readonly now: (at: Home) => Promise<unknown> | unknown;
  /** The number of steps. */
  readonly steps: number;
}

const SITUATIONS: readonly Situation[] = [
  { name: "nothing exists and no container asks for anything", now: () => {}, steps: 5 },
  { name: "one container starts and nothing else exists", now: (at) => at.run("wiki"), steps: 10 },
  {
    name: "the first containers ask for groups and for e-mail addresses",
    now: several,
    steps: 22,
  },
  {
    name: "many foreign objects exist already",
    options: { furnish },
    now: (at) => at.run("wiki", { "access.groups": "family" }),
    steps: 11,
  },
  {
    name: "one container joins a converged home",
    before: (at) => at.run("wiki"),
    now: (at) => at.run("notes"),
    steps: 4,
  },
  { name: "nothing has changed", before: (at) => at.run("wiki"), now: () => {}, steps: 0 },
  {
    name: "an audience narrows",
    before: (at) => at.run("wiki"),
    now: (at) => at.relabel("wiki", { "access.groups": "family" }),
    steps: 9,
  },
  {
    name: "an audience widens",
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
    name: "the session duration and the tile's appearance change",
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
    name: "a container stops",
    before: (at) => at.run("wiki", { "access.groups": "family" }),
    now: (at) => at.stop("wiki"),
    steps: 5,
  },
  {
    name: "one of two containers with the same audience stops",
    before: two,
    now: (at) => at.stop("wiki"),
    steps: 4,
  },
  { name: "a protected route lies within a public one", now: nested, steps: 16 },
  {
    name: "a public route and the protected route within it close together",
    before: nested,
    now: (at) => at.stop("wiki"),
    steps: 9,
  },
  {
    name: "a protected route gets a path without a login",
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

describe("a preview", () => {
  it.each(SITUATIONS)(
    "cfauth applies the previewed steps in order when $name",
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

describe("a route whose container has stopped", () => {
  it("a route within its grace period is previewed separately, as what the daemon does when the period ends", async () => {
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

describe("an open route whose labels have become invalid", () => {
  it("the preview shows that an open route with invalid labels stays as it is", async () => {
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
