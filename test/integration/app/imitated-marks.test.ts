/** User text that looks like one of cfauth's own marks, with the whole daemon against the sandbox. */
import { describe, expect, it } from "vitest";
import type { Owner } from "../../../src/core/domain/owner.ts";
import { planReport } from "../../../src/preview/json.ts";
import { home, OWNER } from "./daemon.ts";

const NAMES = [
  "Wiki · ending old logins",
  "Wiki · ending old logins · ending old logins",
  "Wiki ·  Ending  OLD logins ",
  "Wiki \u0387 ending old logins",
  "· ending old logins",
  "(known after 1)",
  "cfauth:app",
  "cfauth:app public, no login",
  "Authentik (cf-tunnel-access) #0123abcd",
  "cfauth-app",
];

describe("a tile whose name looks like a mark of cfauth", () => {
  it.each(NAMES)(
    'a tile named "%s" leaves its application and policies alone once they exist',
    async (name) => {
      await using at = await home();
      await at.run("wiki", { "app.name": name });
      expect((await at.settle()).errors).toEqual([]);
      const before = [...at.sandbox.cloudflare.state.apps.values()].map(({ id, aud }) => [id, aud]);
      at.sandbox.controls.clear();
      await at.resync();
      await at.resync();
      expect(at.sandbox.controls.writes()).toEqual([]);
      expect(
        [...at.sandbox.cloudflare.state.apps.values()].map(({ id, aud }) => [id, aud]),
      ).toEqual(before);
      expect([at.live, at.problems]).toEqual([[at.host("wiki")], []]);
    },
  );

  it("a tile that gets a name like a mark ends no sessions", async () => {
    await using at = await home();
    await at.run("wiki");
    await at.settle();
    at.sandbox.controls.clear();
    at.relabel("wiki", { "app.name": "Wiki · ending old logins" });
    await at.settle();
    const writes = at.sandbox.controls.writes().filter(({ path }) => path.includes("/access/apps"));
    expect(writes.map(({ method }) => method)).toEqual(["PUT"]);
  });
});

it("text that reads like an unknown value is shown as plain text", async () => {
  await using at = await home();
  await at.run("wiki", { "app.name": "(known after 1)", "app.description": "(known after 99)" });
  const { changes } = planReport(await at.preview(), OWNER as Owner);
  const tile = changes.find(({ kind }) => kind === "tile");
  expect(tile?.after).toMatchObject({ name: "(known after 1)", description: "(known after 99)" });
  expect(tile?.unknown).toEqual([]);
  expect(tile?.needs).not.toContain(99);
  expect(changes.flatMap(({ needs }) => needs).every((number) => number <= changes.length)).toBe(
    true,
  );
});
