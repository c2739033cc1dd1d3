import { describe, expect, it } from "vitest";
import { probe } from "./probe.ts";
import { browser } from "./testing/browser.ts";
import { HOME, house, INSTANT, members, onlyBob } from "./testing/house.ts";
import { application } from "./testing/world.ts";

describe("sessions", () => {
  it("a person who is logged in needs no other login", async () => {
    await using home = await house();
    const by = browser();
    await home.visit(by);
    expect((await home.visit(by)).way).toHaveLength(1);
  });

  it("a person who is logged in loses access when the application's tokens are revoked, and can log in again", async () => {
    await using home = await house();
    const by = browser();
    await home.visit(by);
    home.edge.revoke(home.app.aud);
    expect((await probe(home.edge.port, HOME, "/", { cookie: by.cookies(HOME) })).status).toBe(302);
    expect((await home.visit(by)).status).toBe(200);
  });

  it("a person who is logged in keeps access when another application's tokens are revoked", async () => {
    await using home = await house();
    const by = browser();
    await home.visit(by);
    home.edge.revoke("another");
    expect((await home.visit(by)).way).toHaveLength(1);
  });

  it("a person who is logged in loses access when the policy no longer admits them", async () => {
    await using home = await house();
    const by = browser();
    await home.visit(by);
    home.stands.policies = [onlyBob];
    expect((await home.visit(by)).status).toBe(403);
    expect(home.seen.at(-1)?.decision).toBe("denied");
  });

  it("a person who is logged in keeps an old login until it is revoked if the edge keeps old logins", async () => {
    await using home = await house({}, { oldLogins: "kept" });
    const by = browser();
    await home.visit(by);
    home.stands.policies = [onlyBob];
    expect((await home.visit(by)).status).toBe(200);
    home.edge.revoke(home.app.aud);
    expect((await home.visit(by)).status).toBe(403);
  });

  it("a person who is logged in loses access when an application with another aud replaces the old one", async () => {
    await using home = await house();
    const by = browser();
    await home.visit(by);
    home.stands.apps = [application(HOME, [members], { ...INSTANT, aud: "new" })];
    expect((await probe(home.edge.port, HOME, "/", { cookie: by.cookies(HOME) })).status).toBe(302);
  });

  it("a person who is logged in loses access when the session expires", async () => {
    let now = Date.now();
    await using home = await house({ session_duration: "30m" }, { now: () => now });
    const by = browser();
    await home.visit(by);
    now += 31 * 60_000;
    expect((await probe(home.edge.port, HOME, "/", { cookie: by.cookies(HOME) })).status).toBe(302);
  });

  it("a person who is logged in loses access after a logout, even with a copy of the cookie", async () => {
    await using home = await house();
    const by = browser();
    await home.visit(by);
    const cookie = by.cookies(HOME);
    expect((await home.visit(by, "/cdn-cgi/access/logout")).body).toContain("Logged out");
    expect(by.cookies(HOME)).toBe("");
    expect((await probe(home.edge.port, HOME, "/", { cookie })).status).toBe(302);
  });
});
