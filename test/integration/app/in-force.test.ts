/** The rules that cloudflared runs, compared with those that were written: connectors that stay behind and what is reported meanwhile. */
import { expect, it } from "vitest";
import { type Home, home } from "./daemon.ts";
import { stranger } from "./visitor.ts";

const codes = ({ problems }: Pick<Home, "problems">): readonly string[] =>
  problems.map(({ code }) => code);

/** Runs the passes of this much time, as the daemon would. */
async function wait(at: Home, seconds: number): Promise<void> {
  for (let left = seconds; left > 0; left -= 5) {
    at.later(Math.min(left, 5) * 1_000);
    await at.settle();
  }
}

const version = (at: Home): number =>
  [...at.sandbox.cloudflare.state.configurations.values()][0]?.version ?? 0;

it("a connector that restarts with an old document is a problem from the next resync until it catches up", async () => {
  await using at = await home();
  const { state } = at.sandbox.cloudflare;
  await at.run("wiki");
  await at.settle();
  await wait(at, 60);
  await at.resync();
  expect(at.problems).toEqual([]);
  state.laggards = [version(at) - 1];
  await at.resync();
  await wait(at, 20);
  expect(codes(at)).toEqual(["CFA-TUNNEL-BEHIND"]);
  expect(at.live).toEqual([at.host("wiki")]);
  state.laggards = [version(at)];
  await at.resync();
  expect(at.problems).toEqual([]);
});

it("a second connector that stays behind keeps a closing unconfirmed and withdraws no rule", async () => {
  await using at = await home();
  const { state } = at.sandbox.cloudflare;
  await at.run("wiki");
  await at.run("open", { access: "public" });
  await at.settle();
  await wait(at, 60);
  state.laggards = [version(at)];
  at.stop("open");
  await at.settle();
  await wait(at, 120);
  expect([codes(at), at.unconfirmed, at.live]).toEqual([
    ["CFA-TUNNEL-BEHIND"],
    [at.host("open")],
    [at.host("wiki")],
  ]);
  await at.run("blog");
  await at.settle();
  await wait(at, 120);
  expect(at.live).toEqual([at.host("blog"), at.host("wiki")]);
  state.laggards = [];
  await at.resync();
  expect([at.problems, at.unconfirmed]).toEqual([[], []]);
});

it("a quiet resync asks what cloudflared runs, and an observation of the rules alone after a write does not ask twice", async () => {
  await using at = await home();
  await at.run("wiki");
  await at.settle();
  await wait(at, 60);
  at.sandbox.controls.clear();
  await at.resync();
  const asked = at.sandbox.controls.calls.filter(({ path }) => path.endsWith("/connections"));
  expect(asked).toHaveLength(1);
});

it("a daemon that starts while cloudflared does not run a closing reports it, although it did not make that closing", async () => {
  await using at = await home();
  const { propagation } = at.sandbox.cloudflare;
  await at.run("open", { access: "public" });
  await at.settle();
  await wait(at, 60);
  propagation.lag({ configuration: Infinity });
  at.stop("open");
  await at.settle();
  expect(at.unconfirmed).toEqual([at.host("open")]);
  const next = await at.another();
  at.sandbox.controls.clear();
  await next.settle();
  expect(
    at.sandbox.controls.calls.filter(({ path }) => path.endsWith("/connections")),
  ).toHaveLength(1);
  at.later(15_000);
  await next.settle();
  expect(next.problems.map(({ code }) => code)).toEqual(["CFA-TUNNEL-BEHIND"]);
  propagation.lag({ configuration: 0 });
  await next.resync();
  expect(next.problems).toEqual([]);
});

it.each([
  { lag: 45_000, took: "45 s" },
  { lag: 200_000, took: "200 s" },
])(
  "when Cloudflare reports what cloudflared runs only after $took, no route closes for it and a closing waits for the report",
  async ({ lag }) => {
    await using at = await home();
    at.sandbox.cloudflare.propagation.lag({ configuration: lag });
    await at.run("wiki");
    await at.run("open", { access: "public", "origin.httpHostHeader": "open.internal" });
    await at.settle();
    for (const name of ["blog", "notes"]) {
      for (let look = 0; look < 60; look++) {
        await wait(at, 5);
        expect(at.live).toContain(at.host("wiki"));
        expect(codes(at)).not.toContain("CFA-TUNNEL-RULE");
      }
      await at.run(name);
      await at.settle();
    }
    await wait(at, 400);
    expect([at.problems, at.live]).toEqual([[], ["blog", "notes", "open", "wiki"].map(at.host)]);
    at.stop("open");
    await at.settle();
    await wait(at, lag / 1_000 - 5);
    expect(at.unconfirmed).toEqual([at.host("open")]);
    await wait(at, 400);
    expect([at.problems, at.unconfirmed]).toEqual([[], []]);
  },
);

it("a label that cloudflared refuses in the very first document freezes nothing: only its rule is withdrawn", async () => {
  await using at = await home({ settings: { CFAUTH_CA_POOLS: "/gone.pem" } });
  at.sandbox.cloudflare.state.caFiles = new Set();
  await at.run("wiki", { "origin.caPool": "/gone.pem" });
  await at.run("blog");
  await at.run("open", { access: "public" });
  await at.settle();
  const closed = () =>
    at.changes
      .filter(({ kind, action }) => kind === "ingress" && action === "delete")
      .map(({ subject }) => subject);
  await wait(at, 90);
  expect(closed()).toEqual([at.host("wiki")]);
  expect(await stranger(at.sandbox, at.host("open"))).toBe("this is open: /");
  expect(at.problems).toMatchObject([{ code: "CFA-TUNNEL-RULE", route: at.host("wiki") }]);
  at.stop("open");
  await at.settle();
  await wait(at, 15);
  expect([at.unconfirmed, at.live]).toEqual([[], [at.host("blog")]]);
});

it("a daemon that starts while cloudflared refuses the document finds the label, and the closings take effect", async () => {
  await using at = await home({ settings: { CFAUTH_CA_POOLS: "/gone.pem,/there.pem" } });
  const { state, propagation } = at.sandbox.cloudflare;
  state.caFiles = new Set(["/there.pem"]);
  await at.run("open", { access: "public" });
  await at.settle();
  await wait(at, 60);
  await at.run("wiki", { "origin.caPool": "/gone.pem" });
  await at.settle();
  at.stop("open");
  await at.settle();
  const runs = () =>
    [...propagation.view().configurations.values()].flatMap(({ config }) =>
      config.ingress.map(({ hostname }) => hostname),
    );
  expect(runs()).toContain(at.host("open"));
  const next = await at.another();
  for (let look = 0; look < 20; look++) {
    await next.settle();
    at.later(5_000);
  }
  expect(runs()).not.toContain(at.host("open"));
  expect(next.problems).toMatchObject([{ code: "CFA-TUNNEL-RULE", route: at.host("wiki") }]);
});
