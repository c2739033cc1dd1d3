/** Tiles of groups that one user's token has made, once another user's token takes over. */
import { describe, expect, it } from "vitest";
import { permissions } from "../../../src/clients/authentik/permissions.ts";
import { type Home, home } from "./daemon.ts";
import { mayOnly } from "./others.ts";

const tiles = ({ sandbox }: Home) =>
  sandbox.authentik.state.applications.filter(({ slug }) => slug.startsWith("cfauth-"));

/** A wiki for the family, by an administrator's token; from then on it is the token of the account that the documentation describes. */
async function takenOver(): Promise<Home> {
  const at = await home();
  await at.run("wiki", { "access.groups": "family" });
  await at.settle();
  expect(tiles(at)).toHaveLength(1);
  mayOnly(at.sandbox, permissions);
  return at;
}

describe("a tile that another user's token made", () => {
  it("is found and bound to the new token's user as well", async () => {
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

  it("goes with its route, also where the route closes before the new daemon has ever shown it", async () => {
    await using at = await takenOver();
    at.stop("wiki");
    const daemon = await at.another();
    expect((await daemon.settle()).errors).toEqual([]);
    expect([tiles(at), daemon.problems]).toEqual([[], []]);
  });

  it("is asked for by its slug at a resync too, after the token's user was removed from it by hand", async () => {
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

  it("costs no call more where nothing changes: what has no tile is asked for once", async () => {
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
