import { describe, expect, it } from "vitest";
import type { Exposure } from "../../src/domain/exposure.ts";
import { accessRung, doubles, tagFoundation } from "../../src/kinds/access/propose.ts";
import type { AccessSeen, Application } from "../../src/kinds/access/seen.ts";
import { claim } from "../../src/kinds/mine.ts";
import type { Policy } from "../../src/kinds/policy/seen.ts";
import { decide, noMemory } from "../../src/plan/decide.ts";
import { anybody, exposure, key, route } from "../builders.ts";
import { emptyWorld, OWNER } from "../plan/model.ts";

const APP = "app.example.com";
const policy = (id: string, words: string, decision: string): Policy => ({
  id,
  name: `cfauth:home ${words}`,
  decision,
  include: [],
  require: [],
  exclude: [],
});
const policies = [
  claim(policy("p-members", "everyone who logs in with Authentik", "allow")),
  claim(policy("p-public", "public, no login", "bypass")),
];
const method = claim({ id: "idp-1", name: "Authentik", config: {} as never, kept: {} });

const as = (more: Partial<Application> = {}): Application => ({
  id: "app-1",
  aud: "aud-1",
  route: key(APP),
  name: APP,
  allowedIdps: ["idp-1"],
  autoRedirect: true,
  session: "24h",
  tags: ["cfauth-home"],
  policies: ["p-members"],
  kept: {},
  ...more,
});
const empty = emptyWorld();
const world = (
  application?: Application,
  more: Partial<AccessSeen> = {},
  parts = { policies, method: method as typeof method | undefined },
) => ({
  access: { ...empty.access, mine: new Map(application && [[application.route, claim(application)]]), theirs: [], ...more },
  policy: { mine: parts.policies },
  login: { method: parts.method },
});
const { desired } = decide([], [], () => false, noMemory, { graceMs: 0, startupGraceMs: 0 }, 0);
const stance = (at: ReturnType<typeof world>, wish: Exposure | undefined = exposure(APP)) =>
  accessRung(OWNER).stance(wish.route, wish, at, desired);
const WISH = { route: APP, name: APP, idp: "idp-1", session: "24h", tag: "cfauth-home", policy: "p-members" };

describe("the application of a wished route", () => {
  it("is opened with the policy of its audience, the login method and our tag", () => {
    expect(stance(world())).toEqual({
      is: "absent",
      open: { kind: "access", action: "create", key: `access ${APP}`, subject: APP, wish: WISH },
    });
  });

  it("is opened with the policy that lets anybody in, for a public route", () => {
    expect(stance(world(), exposure(APP, { protection: anybody }))).toMatchObject({
      is: "absent",
      open: { wish: { policy: "p-public", session: "24h" } },
    });
  });

  it("is opened with the session that the label asks for", () => {
    expect(stance(world(), exposure(APP, { protection: { kind: "authentik", session: "168h" } }))).toMatchObject({
      open: { wish: { session: "168h" } },
    });
  });

  it.each([
    { name: "its policy is there", parts: { policies: [], method } },
    { name: "the login method is there", parts: { policies, method: undefined } },
  ])("can not be opened before $name", ({ parts }) => {
    expect(stance(world(undefined, {}, parts))).toEqual({ is: "absent", open: undefined });
  });

  it("stands when it is as wished, whatever else the user set on it", () => {
    expect(stance(world(as({ kept: { logo_url: "https://example.com/x.png" }, tags: ["cfauth-home", "mine"] })))).toEqual({ is: "stands" });
  });

  it.each<{ name: string; found: Application; moves: "audience" | undefined }>([
    { name: "lets another audience in", found: as({ policies: ["p-public"] }), moves: "audience" },
    { name: "lets nobody in", found: as({ policies: [] }), moves: "audience" },
    { name: "lets somebody else in as well", found: as({ policies: ["p-members", "p-theirs"] }), moves: "audience" },
    { name: "shows another login method", found: as({ allowedIdps: ["idp-0"] }), moves: undefined },
    { name: "shows all login methods", found: as({ allowedIdps: [] }), moves: undefined },
    { name: "asks which login method to use", found: as({ autoRedirect: false }), moves: undefined },
    { name: "has another session", found: as({ session: "1h" }), moves: undefined },
    { name: "has another name", found: as({ name: "Wiki" }), moves: undefined },
    { name: "has lost its tag", found: as({ tags: [] }), moves: undefined },
  ])("is mended when it $name", ({ found, moves }) => {
    expect(stance(world(found))).toEqual({
      is: "drifted",
      moves,
      mend: { kind: "access", action: "update", key: `access ${APP}`, subject: APP, at: found, wish: WISH },
      close: { kind: "access", action: "delete", key: `access ${APP}`, subject: APP, at: found },
    });
  });

  it("is taken down, never left open, while the policy it should have is not there", () => {
    expect(stance(world(as({ policies: ["p-public"] }), {}, { policies: [], method }))).toMatchObject({
      is: "drifted",
      moves: "audience",
      mend: { action: "delete" },
      close: { action: "delete" },
    });
  });
});

describe("an application of somebody else", () => {
  const theirs = (...covers: string[]) => [{ name: "Their app", covers }];

  it("on exactly this route is left to them, and said", () => {
    expect(stance(world(undefined, { theirs: theirs("other.example.com", APP) }))).toEqual({
      is: "taken",
      problem: {
        code: "CFA-CONFLICT-ACCESS",
        severity: "error",
        container: "app",
        label: "cfauth.hostname",
        route: APP,
        message: 'the Access application "Their app" covers app.example.com and is not cfauth\'s',
        effect: "closed",
        fix: "delete it under Zero Trust → Access → Applications, or choose another hostname",
      },
    });
  });

  it.each(["*.example.com", `${APP}/admin`, "other.example.com"])("on %s is no conflict", (covers) => {
    expect(stance(world(undefined, { theirs: theirs(covers) }))).toMatchObject({ is: "absent" });
  });

  it("does not matter where ours stands already", () => {
    expect(stance(world(as(), { theirs: theirs(APP) }))).toEqual({ is: "stands" });
  });
});

describe("an application that nobody wishes", () => {
  const unwished = (application?: Application) => accessRung(OWNER).stance(route(APP), undefined, world(application), desired);

  it("is closed when it is ours", () => {
    expect(unwished(as())).toMatchObject({ is: "left", close: { action: "delete", at: { id: "app-1" } } });
  });

  it("is absent where there is none of ours", () => {
    expect(unwished()).toEqual({ is: "absent", open: undefined });
  });

  it("goes as soon as it is seen, when it is the double of another", () => {
    const double = claim(as({ id: "app-2", aud: "aud-2" }));
    expect(doubles(world(as(), { doubles: [double] }), desired)).toEqual([
      { kind: "access", action: "delete", key: `access ${APP} app-2`, subject: APP, at: double },
    ]);
  });
});

describe("the tag of ours", () => {
  it.each([
    {
      name: "is made before the first application",
      tagged: false,
      changes: [{ kind: "access", action: "create", key: "tag", subject: "cfauth-home" }],
    },
    { name: "is there", tagged: true, changes: [] },
  ])("$name", ({ tagged, changes }) => {
    expect(tagFoundation(OWNER).propose({ access: { tagged } })).toEqual({ changes, problems: [], stands: tagged });
  });
});
