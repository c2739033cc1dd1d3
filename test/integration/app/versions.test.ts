/** From an empty account to working pages and back, with each version of Authentik. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { permissions, secretPermissions } from "../../../src/clients/authentik/permissions.ts";
import { inventory } from "../../e2e/world.ts";
import { library } from "../../sandbox/authentik/library.ts";
import { addUser } from "../../sandbox/authentik/people.ts";
import { type VersionName, version as versionOf } from "../../sandbox/authentik/versions.ts";
import { type Home, home } from "./daemon.ts";
import { furnish, mayOnly, others } from "./others.ts";
import { stranger, visitor } from "./visitor.ts";

const permissionsOf = (version: VersionName): readonly string[] =>
  version === "2026.11" ? [...permissions, ...secretPermissions] : permissions;

const VERSIONS: readonly VersionName[] = [
  "2024.2",
  "2024.12",
  "2025.4",
  "2025.12",
  "2026.8",
  "2026.11",
];
const CASES = VERSIONS.flatMap((version) => [
  { name: `with Authentik ${version}`, version, permitted: undefined },
  {
    name: `with Authentik ${version} and only the documented permissions`,
    version,
    permitted: permissionsOf(version),
  },
]);

describe.each(CASES)("$name", ({ name, version, permitted }) => {
  let at: Home;
  let foreign: string;

  beforeAll(async () => {
    at = await home({ version, furnish });
    addUser(at.sandbox.authentik.state, { username: "carol", groups: ["guests"] });
    if (permitted !== undefined) mayOnly(at.sandbox, permitted);
    foreign = others(at.sandbox);
    await at.run("wiki");
    await at.run("photos", { "access.groups": "family", "app.name": "Our photos" });
    await at.run("blog", { access: "public" });
  });
  afterAll(() => at?.[Symbol.asyncDispose]());

  const tilesOf = (username: string): readonly string[] => {
    const { state } = at.sandbox.authentik;
    const user = state.users.find((it) => it.username === username);
    if (user === undefined) throw new Error(`no user ${username}`);
    return library(state, versionOf(version), user)
      .filter(({ meta_publisher }) => meta_publisher.startsWith("cfauth:"))
      .map(({ name }) => name);
  };

  it(`all routes open ${name}`, async () => {
    const { errors } = await at.settle();
    expect(errors).toEqual([]);
    expect(at.problems).toEqual([]);
    expect(at.live).toEqual([
      "blog.home.localhost",
      "photos.home.localhost",
      "wiki.home.localhost",
    ]);
  });

  it(`an anonymous visitor sees only the public page ${name}`, async () => {
    expect(await stranger(at.sandbox, at.host("blog"))).toBe("this is blog: /");
    expect(await stranger(at.sandbox, at.host("wiki"))).toBe("log in");
    expect(await stranger(at.sandbox, at.host("photos"))).toBe("log in");
  });

  it(`a member of the group logs in once and sees both protected pages ${name}`, async () => {
    const alice = visitor(at.sandbox, "alice");
    expect(await alice.open(at.host("photos"))).toBe("this is photos: /");
    expect(await alice.open(at.host("wiki"), "/page?q=1")).toBe("this is wiki: /page?q=1");
    expect(alice.logins).toBe(1);
  });

  it(`a user outside the group sees the other page and Cloudflare refuses the group's page ${name}`, async () => {
    const carol = visitor(at.sandbox, "carol");
    expect(await carol.open(at.host("wiki"))).toBe("this is wiki: /");
    expect(await carol.open(at.host("photos"))).toBe("403 That account does not have access");
  });

  it(`each user's library shows only tiles of pages that the user may enter ${name}`, () => {
    expect(tilesOf("alice")).toEqual(["Blog", "Our photos", "Wiki"]);
    expect(tilesOf("carol")).toEqual(["Blog", "Wiki"]);
  });

  it(`a resync and a restart write nothing ${name}`, async () => {
    at.sandbox.controls.clear();
    await at.resync();
    await (await at.another()).settle();
    expect(at.sandbox.controls.writes().map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });

  it(`foreign objects are unchanged ${name}`, () => {
    expect(others(at.sandbox)).toBe(foreign);
  });

  it(`after all containers stop, only the login and the tag remain of ours ${name}`, async () => {
    at.stop("wiki", "photos", "blog");
    expect((await at.settle()).errors).toEqual([]);
    expect(others(at.sandbox)).toBe(foreign);
    expect(inventory(at.sandbox)).toEqual([
      "Authentik application cf-tunnel-access",
      "Authentik application cfauth-grafana",
      "application nas.home.localhost: Friends",
      "login method Authentik (cf-tunnel-access) #…",
      "login method One-time PIN",
      "policy Friends: allow",
      "provider cf-tunnel-access",
      "record mail.home.localhost: A 203.0.113.7",
      "rule anything else: http_status:404",
      "rule nas.home.localhost: http://192.0.2.7:5000",
      "scope mapping cfauth (app): groups",
      "tag cfauth-app",
      "tag family",
      "tunnel cfauth",
    ]);
  });
});
