import { describe, expect, it } from "vitest";
import type { Exposure, Protection } from "../../src/domain/exposure.ts";
import type { Hostname } from "../../src/domain/hostname.ts";
import type { Path } from "../../src/domain/path.ts";
import { house } from "../../src/kinds/index.ts";
import { standing } from "../../src/kinds/standing.ts";
import type { World } from "../../src/kinds/world.ts";
import { decide, noMemory } from "../../src/plan/decide.ts";
import { plan } from "../../src/plan/plan.ts";
import { anybody, members, only, plain } from "../builders.ts";
import { ANYBODY, carryOut, emptyWorld, OWNER, reach } from "./model.ts";

const wish = (service: string, protection: Protection, path?: string): Exposure => ({
  shown: plain,
  adopt: false,
  adopting: "",
  route: { hostname: "app.example.com" as Hostname, path: path as Path | undefined },
  origin: { service, options: {} },
  protection,
  workload: "app",
  created: 0,
  label: "cfauth.hostname",
  gate: undefined,
});

/** Wave after wave until nothing is left; every change as `action kind`, the waves apart. */
function waves(world: World, wishes: readonly Exposure[]): { readonly world: World; readonly waves: string[] } {
  const told: string[] = [];
  for (let stands = world; ; ) {
    const decision = decide(
      [{ exposures: wishes, faulty: [], problems: [] }],
      standing(stands),
      () => false,
      noMemory,
      { graceMs: 0, startupGraceMs: 0 },
      0,
    );
    const { changes } = plan(house(OWNER), decision.desired, stands);
    if (changes.length === 0 || told.length > 20) return { world: stands, waves: told };
    told.push(changes.map(({ action, kind }) => `${action} ${kind}`).join(", "));
    stands = changes.reduce(carryOut, stands);
  }
}

const open = (...wishes: Exposure[]): World => waves(emptyWorld(), wishes).world;

describe("the order of things", () => {
  it("opens from the login method up to the record, each after the one before", () => {
    expect(waves(emptyWorld(), [wish("http://a:80", members)]).waves).toEqual([
      "create login, create access",
      "create policy",
      "create access",
      "create ingress",
      "create dns",
    ]);
  });

  it("closes in the mirror order and keeps the login method", () => {
    const { world, waves: told } = waves(open(wish("http://a:80", members)), []);
    expect(told).toEqual(["delete dns", "delete ingress", "delete access", "delete policy"]);
    expect(world.login.method).toBeDefined();
  });

  it("changes only the rule when only the origin moves", () => {
    expect(waves(open(wish("http://a:80", members)), [wish("http://b:80", members)]).waves).toEqual(["update ingress"]);
  });

  it("changes application and rule in place when only the protection changes", () => {
    expect(waves(open(wish("http://a:80", anybody)), [wish("http://a:80", members)]).waves).toEqual([
      "create policy",
      "update access",
      "update ingress, delete policy",
      // Logins from before it was public are ended.
      "update access",
    ]);
  });

  it("withdraws the rule and replaces the application when origin and protection change together", () => {
    const before = open(wish("http://a:80", members));
    const { world, waves: told } = waves(before, [wish("http://b:80", anybody)]);
    expect(told).toEqual(["create policy", "delete ingress", "delete access", "create access, delete policy", "create ingress"]);
    expect([...world.access.mine.values()][0]?.aud).not.toBe([...before.access.mine.values()][0]?.aud);
  });

  it("replaces the application when its audience is wrong and nothing is routed", () => {
    const half = open(wish("http://a:80", members));
    const unrouted = { ...half, ingress: { ...half.ingress, rules: emptyWorld().ingress.rules } };
    expect(waves(unrouted, [wish("http://a:80", anybody)]).waves.slice(0, 4)).toEqual([
      "create policy",
      "delete access",
      "create access, delete policy",
      "create ingress",
    ]);
  });

  it("keeps the record while another path of the hostname needs it", () => {
    const both = open(wish("http://a:80", members), wish("http://b:80", members, "/api"));
    expect(waves(both, [wish("http://a:80", members)]).waves).toEqual(["delete ingress", "delete access"]);
  });

  it("opens the protected path before the public host around it, and closes it after", () => {
    const wishes = [wish("http://a:80", anybody), wish("http://a:80", members, "/admin")];
    const opened = waves(emptyWorld(), wishes);
    expect(opened.waves).toEqual([
      "create login, create access",
      "create policy, create policy",
      "create access",
      "create ingress",
      "create dns, create access",
      "create ingress",
    ]);
    expect(waves(opened.world, []).waves).toEqual([
      "delete dns",
      "delete ingress",
      "delete ingress, delete access",
      "delete access, delete policy",
      "delete policy",
    ]);
  });

  it("makes the application of a host anew when its audience changes and a path within lets in others", () => {
    const admin = wish("http://a:80", only({ groups: ["admins"] }), "/admin");
    const before = open(wish("http://a:80", members), admin);
    const { waves: told } = waves(before, [wish("http://a:80", only({ groups: ["family"] })), admin]);
    expect(told).toEqual(["update login", "create policy", "delete access", "create access, delete policy", "update ingress"]);
  });

  it("closes a protected path only when the public host around it lets in no more than is wished", () => {
    const before = open(wish("http://a:80", anybody), wish("http://a:80", members, "/admin"));
    const { waves: told } = waves(before, [wish("http://a:80", only({ groups: ["family"] }))]);
    expect(told.slice(-6)).toEqual([
      "create policy",
      "update access",
      "update ingress, delete policy",
      "delete ingress, update access",
      "delete access",
      "delete policy",
    ]);
  });

  it("makes the application anew when somebody deleted it, and the rule checks the new one", () => {
    const before = open(wish("http://a:80", members));
    const robbed = { ...before, access: { ...before.access, mine: new Map() } };
    expect(waves(robbed, [wish("http://a:80", members)]).waves).toEqual(["create access", "update ingress"]);
  });

  it.each(["/x/../admin", "//admin", "/./admin", "/%2e/admin", "/admin;x", "/x/..;/admin", "/x\\..\\admin"])(
    "does not let %s through a public host that has a protected /admin inside",
    (path) => {
      const world = open(wish("http://a:80", anybody), wish("http://a:80", members, "/admin"));
      const at = (it: string) => reach(world.ingress.rules, world, { host: "app.example.com", path: it }, ANYBODY);
      expect([at(path), at("/"), at("/x/y.html"), at("/admin")]).toEqual([undefined, "http://a:80", "http://a:80", undefined]);
    },
  );

  it("lets every path through a public host that has nothing protected inside, again once that has gone", () => {
    const world = open(wish("http://a:80", anybody), wish("http://a:80", members, "/admin"));
    const { world: after } = waves(world, [wish("http://a:80", anybody)]);
    expect(after.ingress.rules.find(({ hostname }) => hostname === "app.example.com")).toEqual({
      hostname: "app.example.com",
      service: "http://a:80",
    });
  });
});
