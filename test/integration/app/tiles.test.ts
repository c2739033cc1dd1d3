/** Tiles of groups that one user's token created, after another user's token takes over. */
import { describe, expect, it } from "vitest";
import { permissions } from "../../../src/clients/authentik/permissions.ts";
import { type Home, home } from "./daemon.ts";
import { mayOnly } from "./others.ts";

const tiles = ({ sandbox }: Home) =>
  sandbox.authentik.state.applications.filter(({ slug }) => slug.startsWith("cfauth-"));

/** A wiki for the family, created with an administrator's token. From then on cfauth uses the token of the documented account. */
async function takenOver(): Promise<Home> {
  const at = await home();
  await at.run("wiki", { "access.groups": "family" });
  await at.settle();
  expect(tiles(at)).toHaveLength(1);
  mayOnly(at.sandbox, permissions);
  return at;
}

describe("a tile that another user's token created", () => {
  it("a tile that another user's token created is found and also bound to the new token's user", async () => {
    await using at = await takenOver();
    const { state } = at.sandbox.authentik;
    const daemon = await at.another();
    expect((await daemon.settle()).errors).toEqual([]);
    const { pk } = state.users.find(({ username }) => username === "cfauth") ?? {};
    expect(tiles(at)).toHaveLength(1);
    expect(
      state.bindings.filter(({ target, user }) => target === tiles(at)[0]?.pk && user === pk),
    ).toHaveLength(1);
    expect((await daemon.resync()).applied).toBe(0);
  });

  it("a tile that another user's token created is removed with its route, even if the route closes before the new daemon sees it", async () => {
    await using at = await takenOver();
    at.stop("wiki");
    const daemon = await at.another();
    expect((await daemon.settle()).errors).toEqual([]);
    expect([tiles(at), daemon.problems]).toEqual([[], []]);
  });

  it("a resync finds a tile by its slug after the token's user was removed from it by hand", async () => {
    await using at = await takenOver();
    const { state } = at.sandbox.authentik;
    const daemon = await at.another();
    await daemon.settle();
    const kept = state.bindings.filter(({ user }) => user === null || user === undefined);
    state.bindings.splice(0, state.bindings.length, ...kept);
    await daemon.resync();
    at.stop("wiki");
    await daemon.settle();
    expect(tiles(at)).toEqual([]);
  });

  it("routes without a tile are looked up once and cost no further calls", async () => {
    await using at = await takenOver();
    await at.run("feed", { "access.groups": "family", "app.hidden": "true" });
    const daemon = await at.another();
    await daemon.settle();
    await daemon.resync();
    at.sandbox.controls.clear();
    await daemon.resync();
    const asked = at.sandbox.controls.calls.filter(({ path }) =>
      /core\/applications\/cfauth-/.test(path),
    );
    expect(asked).toEqual([]);
  });
});
