import { describe, expect, it } from "vitest";
import { probe } from "./probe.ts";
import { browser } from "./testing/browser.ts";
import { HOME, house, INSTANT, members, onlyBob } from "./testing/house.ts";
import { application } from "./testing/world.ts";

describe("who is logged in", () => {
  it("stays in without another login", async () => {
    await using home = await house();
    const by = browser();
    await home.visit(by);
    expect((await home.visit(by)).way).toHaveLength(1);
  });

  it("is out when the application's tokens are revoked, and can log in again", async () => {
    await using home = await house();
    const by = browser();
    await home.visit(by);
    home.edge.revoke(home.app.aud);
    expect((await probe(home.edge.port, HOME, "/", { cookie: by.cookies(HOME) })).status).toBe(302);
    expect((await home.visit(by)).status).toBe(200);
  });

  it("stays in when another application's tokens are revoked", async () => {
    await using home = await house();
    const by = browser();
    await home.visit(by);
    home.edge.revoke("another");
    expect((await home.visit(by)).way).toHaveLength(1);
  });

  it("is out when the policy no longer has them", async () => {
    await using home = await house();
    const by = browser();
    await home.visit(by);
    home.stands.policies = [onlyBob];
    expect((await home.visit(by)).status).toBe(403);
    expect(home.seen.at(-1)?.decision).toBe("denied");
  });

  it("stays in on an old login where the edge keeps them, until it is revoked", async () => {
    await using home = await house({}, { oldLogins: "kept" });
    const by = browser();
    await home.visit(by);
    home.stands.policies = [onlyBob];
    expect((await home.visit(by)).status).toBe(200);
    home.edge.revoke(home.app.aud);
    expect((await home.visit(by)).status).toBe(403);
  });

  it("is out when the application is replaced by one with another aud", async () => {
    await using home = await house();
    const by = browser();
    await home.visit(by);
    home.stands.apps = [application(HOME, [members], { ...INSTANT, aud: "new" })];
    expect((await probe(home.edge.port, HOME, "/", { cookie: by.cookies(HOME) })).status).toBe(302);
  });

  it("is out when the session has run out", async () => {
    let now = Date.now();
    await using home = await house({ session_duration: "30m" }, { now: () => now });
    const by = browser();
    await home.visit(by);
    now += 31 * 60_000;
    expect((await probe(home.edge.port, HOME, "/", { cookie: by.cookies(HOME) })).status).toBe(302);
  });

  it("is out after a logout, with a copy of the cookie too", async () => {
    await using home = await house();
    const by = browser();
    await home.visit(by);
    const cookie = by.cookies(HOME);
    expect((await home.visit(by, "/cdn-cgi/access/logout")).body).toContain("Logged out");
    expect(by.cookies(HOME)).toBe("");
    expect((await probe(home.edge.port, HOME, "/", { cookie })).status).toBe(302);
  });
});
