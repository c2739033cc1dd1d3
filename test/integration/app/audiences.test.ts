/** Who may enter over time: what each change of labels means for people who have already logged in. */
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { addGroup, addUser } from "../../sandbox/authentik/people.ts";
import { failure } from "../../sandbox/cloudflare/envelope.ts";
import { seedPolicy } from "../../sandbox/cloudflare/seed.ts";
import type { AccessApplication, AccessPolicy } from "../../sandbox/cloudflare/state.ts";
import { until } from "../../support/until.ts";
import { type Home, home } from "./daemon.ts";
import { stranger, visitor } from "./visitor.ts";

const BOB = "bob@example.com";
const REFUSED = "403 That account does not have access";

const application = ({ sandbox, host }: Home, name = "wiki") =>
  [...sandbox.cloudflare.state.apps.values()].find(({ domain }) => domain === host(name));

/** Alice from the group family and bob from the group admins, as visitors of the wiki. */
const people = (at: Home) => ({
  alice: visitor(at.sandbox, "alice"),
  bob: visitor(at.sandbox, "bob"),
  wiki: at.host("wiki"),
});

describe("an audience that becomes wider", () => {
  it("a wider audience admits the new people and keeps every existing session", async () => {
    await using at = await home();
    const { alice, bob, wiki } = people(at);
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    await alice.open(wiki);
    expect(await bob.open(wiki)).toBe(REFUSED);
    const before = application(at);

    at.relabel("wiki", { "access.groups": "family,admins" });
    await at.settle();

    expect(application(at)).toMatchObject({ id: before?.id, aud: before?.aud, name: wiki });
    expect(application(at)?.tokens_revoked_at).toBeUndefined();
    expect(await alice.still(wiki)).toBe("this is wiki: /");
    expect(await bob.open(wiki)).toBe("this is wiki: /");
  });
});

describe("an audience that becomes narrower", () => {
  it.each([
    { name: "a narrowing from everyone to a group", from: {}, to: { "access.groups": "family" } },
    {
      name: "a narrowing by a group",
      from: { "access.groups": "family,admins" },
      to: { "access.groups": "family" },
    },
    {
      name: "a narrowing by an e-mail address",
      from: { "access.groups": "family", "access.emails": "bob@example.com" },
      to: { "access.groups": "family" },
    },
    {
      name: "a narrowing from a group to an e-mail address",
      from: { "access.groups": "family,admins" },
      to: { "access.emails": "alice@example.com" },
    },
  ])(
    "$name shuts out people who lost access at once, and no one else permanently",
    async ({ from, to }) => {
      await using at = await home();
      const { alice, bob, wiki } = people(at);
      await at.run("wiki", from);
      await at.settle();
      expect([await alice.open(wiki), await bob.open(wiki)]).toEqual([
        "this is wiki: /",
        "this is wiki: /",
      ]);

      at.relabel("wiki", to);
      await at.settle();

      expect(await bob.still(wiki)).toBe("log in");
      expect(await bob.open(wiki)).toBe(REFUSED);
      expect(await alice.open(wiki)).toBe("this is wiki: /");
      expect(alice.logins).toBe(1);
      expect(application(at)?.name).toBe(wiki);
    },
  );
});

describe("a narrowing that is interrupted", () => {
  it.each([0, 1, 2, 3, 4])(
    "the next daemon finishes a narrowing that stopped after %i writes, and people who lost access are out",
    async (writes) => {
      await using at = await home();
      const { alice, bob, wiki } = people(at);
      await at.run("wiki", { "access.groups": "family,admins" });
      await at.settle();
      await Promise.all([alice.open(wiki), bob.open(wiki)]);
      at.relabel("wiki", { "access.groups": "family" });
      let left = writes;
      at.sandbox.controls.fault(
        ({ write }) => write && left-- <= 0,
        { kind: "status", status: 500 },
        Infinity,
      );
      await at.settle();
      at.sandbox.controls.heal();

      await (await at.another()).settle();

      expect(await bob.still(wiki)).toBe("log in");
      expect(await bob.open(wiki)).toBe(REFUSED);
      expect(await alice.open(wiki)).toBe("this is wiki: /");
      expect(application(at)?.name).toBe(wiki);
    },
  );
});

/** How late Access is in these tests and how often a visitor reloads, in milliseconds. */
const LATE_MS = 1_500;
const RELOAD_MS = 50;

/** Bob keeps opening the page and logs in where Access asks for it, until the work is done. @returns what he saw */
async function reloading(at: Home, during: () => Promise<unknown>): Promise<readonly string[]> {
  const { bob, wiki } = people(at);
  const seen: string[] = [await bob.open(wiki)];
  let over = false;
  const reload = async () => {
    while (!over) {
      seen.push(await bob.open(wiki).catch((error: unknown) => String(error)));
      await sleep(RELOAD_MS);
    }
  };
  const reloads = reload();
  await during();
  over = true;
  await reloads;
  return [...seen, await bob.still(wiki), await bob.open(wiki)];
}

/** Waits until Access's edge has all writes, so that it agrees with the API. */
const arrived = ({ sandbox: { cloudflare } }: Home) =>
  until(() => {
    const { apps, policies } = cloudflare.propagation.view();
    const { state } = cloudflare;
    return (
      JSON.stringify([apps, policies]) ===
      JSON.stringify([[...state.apps.values()], [...state.policies.values()]])
    );
  }, "Access has all writes");

describe("a visitor who reloads all the time while Access is late", () => {
  it("a visitor who keeps reloading has no session once the narrowed policy is in force", async () => {
    await using at = await home();
    await at.run("wiki", { "access.groups": "family,admins" });
    await at.settle();
    at.sandbox.cloudflare.propagation.lag({ access: LATE_MS });
    const seen = await reloading(at, async () => {
      at.relabel("wiki", { "access.groups": "family" });
      await at.settle();
      await arrived(at);
    });
    expect([seen[0], ...seen.slice(-2)]).toEqual(["this is wiki: /", "log in", REFUSED]);
    expect(at.live).toEqual([at.host("wiki")]);
    expect(await people(at).alice.open(at.host("wiki"))).toBe("this is wiki: /");
  });

  it("a visitor who keeps reloading has no session after a narrowing that a restart interrupts", async () => {
    await using at = await home();
    await at.run("wiki", { access: "public" });
    await at.settle();
    at.sandbox.cloudflare.propagation.lag({ access: LATE_MS });
    at.relabel("wiki", { "access.groups": "family" });
    let left = 3;
    at.sandbox.controls.fault(
      ({ write }) => write && left-- <= 0,
      { kind: "status", status: 500 },
      Infinity,
    );
    await at.settle();
    at.sandbox.controls.heal();
    const seen = await reloading(at, async () => {
      await (await at.another()).settle();
      await arrived(at);
    });
    expect(seen.slice(-2)).toEqual(["log in", REFUSED]);
  });
});

describe("an audience that was widened in the dashboard", () => {
  const OUTSIDER = ["this is wiki: /", "log in", REFUSED];

  it.each<{
    name: string;
    widen: (app: AccessApplication, policy: AccessPolicy) => { app?: object; policy?: object };
  }>([
    {
      name: "a policy of ours that admits more people",
      widen: (_, { include }) => ({ policy: { include: [...include, { email: { email: BOB } }] } }),
    },
    {
      name: "a policy of ours that admits everyone",
      widen: () => ({ policy: { include: [{ everyone: {} }], require: [] } }),
    },
    {
      name: "another policy linked beside ours",
      widen: (app) => ({ app: { policies: [...app.policies, { id: "bobs", precedence: 9 }] } }),
    },
  ])(
    "the next resync corrects $name and ends the sessions that began meanwhile",
    async ({ widen }) => {
      await using at = await home();
      const { bob, wiki } = people(at);
      const { state } = at.sandbox.cloudflare;
      await at.run("wiki", { "access.groups": "family" });
      await at.settle();
      expect(await bob.open(wiki)).toBe(REFUSED);
      seedPolicy(state, { id: "bobs", name: "Bob", include: [{ email: { email: BOB } }] });
      const [app, policy] = [
        application(at),
        [...state.policies.values()].find(({ name }) => name.includes("members of family")),
      ];
      if (app === undefined || policy === undefined) throw new Error("nothing to widen");
      const wider = widen(app, policy);
      state.apps.set(app.id, { ...app, ...wider.app });
      state.policies.set(policy.id, { ...policy, ...wider.policy });
      at.sandbox.cloudflare.propagation.lag({ access: LATE_MS });

      const seen = await reloading(at, async () => {
        await at.resync();
        await arrived(at);
      });

      expect([seen[0], ...seen.slice(-2)]).toEqual(OUTSIDER);
      const ours = [...state.policies.values()].filter(({ name }) => name.startsWith("cfauth:"));
      expect(ours).toMatchObject([
        { name: policy.name, include: policy.include, require: policy.require, decision: "allow" },
      ]);
      expect(await people(at).alice.open(wiki)).toBe("this is wiki: /");
      expect((await at.resync()).applied).toBe(0);
    },
  );

  it("a session duration set on our policy is removed, and longer sessions end", async () => {
    await using at = await home();
    const { alice, wiki } = people(at);
    const { state } = at.sandbox.cloudflare;
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    const [policy] = state.policies.values();
    if (policy === undefined) throw new Error("no policy");
    state.policies.set(policy.id, { ...policy, session_duration: "720h" });
    expect(await alice.open(wiki)).toBe("this is wiki: /");
    await at.resync();
    expect(
      [...state.policies.values()].map(({ name, session_duration: session }) => [name, session]),
    ).toEqual([[policy.name, undefined]]);
    expect(await alice.still(wiki)).toBe("log in");
    expect(await alice.open(wiki)).toBe("this is wiki: /");
    expect((await at.resync()).applied).toBe(0);
  });

  it("an application is replaced each time someone widens it, but not forever when the same change keeps coming back", async () => {
    await using at = await home();
    const { alice, wiki } = people(at);
    const { state } = at.sandbox.cloudflare;
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    at.sandbox.controls.hook(({ write, path }, moment) => {
      if (!write || moment === "before" || !path.includes("/access/policies")) return;
      for (const policy of state.policies.values())
        policy.include = policy.include.map((rule) => ({
          ...rule,
          oidc: { ...Object(rule["oidc"]), more: 1 },
        }));
    });
    const audiences: (string | undefined)[] = [application(at)?.aud];
    for (const policy of state.policies.values())
      policy.include = [...policy.include, { email: { email: BOB } }];
    for (let looks = 0; looks < 8; looks++) {
      await at.resync();
      audiences.push(application(at)?.aud);
    }
    // Once for bob's address, and three times for the change that keeps coming back.
    expect(new Set(audiences).size).toBe(1 + 1 + 3);
    expect(await alice.open(wiki)).toBe("this is wiki: /");
    expect(at.live).toEqual([wiki]);
  });

  it("a longer session duration on our application is shortened, and longer sessions end", async () => {
    await using at = await home();
    const { alice, wiki } = people(at);
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    const app = application(at);
    if (app === undefined) throw new Error("no application");
    at.sandbox.cloudflare.state.apps.set(app.id, { ...app, session_duration: "720h" });
    expect(await alice.open(wiki)).toBe("this is wiki: /");
    await at.resync();
    expect(application(at)).toMatchObject({ session_duration: "24h" });
    expect(await alice.still(wiki)).toBe("log in");
    expect(await alice.open(wiki)).toBe("this is wiki: /");
  });
});

describe("an application of ours that someone else took over", () => {
  const ELSEWHERE = { type: "public", uri: "elsewhere.home.localhost" };

  /** The application of the wiki's rule. Its label does not admit bob. */
  async function taken(
    change: (app: AccessApplication) => Partial<AccessApplication>,
    policy: Partial<AccessPolicy> = {},
  ): Promise<Home> {
    const at = await home();
    const { state } = at.sandbox.cloudflare;
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    seedPolicy(state, { id: "bobs", name: "Bob", include: [{ email: { email: BOB } }] });
    const [app, ours] = [
      application(at),
      [...state.policies.values()].find(({ name }) => name.includes("members of family")),
    ];
    if (app === undefined || ours === undefined) throw new Error("nothing to change");
    state.policies.set(ours.id, { ...ours, ...policy });
    state.apps.set(app.id, { ...app, ...change(app) });
    return at;
  }

  it.each<{ name: string; change: Parameters<typeof taken>[0]; policy?: Partial<AccessPolicy> }>([
    {
      name: "has another hostname and another policy",
      change: ({ destinations }) => ({
        destinations: [...destinations, ELSEWHERE],
        policies: [{ id: "bobs", precedence: 1 }],
      }),
    },
    {
      name: "has lost its tag and has another policy",
      change: () => ({ tags: [], policies: [{ id: "bobs", precedence: 1 }] }),
    },
    {
      name: "offers every login",
      change: () => ({ tags: [], allowed_idps: [], auto_redirect_to_identity: false }),
    },
    { name: "gives longer sessions", change: () => ({ tags: [], session_duration: "720h" }) },
    {
      name: "links our policy, which was widened",
      change: () => ({ tags: [] }),
      policy: { include: [{ email: { email: BOB } }] },
    },
  ])(
    "an application of ours keeps no route open to people whom the label does not admit when it $name",
    async ({ change, policy }) => {
      await using at = await taken(change, policy);
      const { alice, bob, wiki } = people(at);
      await Promise.all([alice.open(wiki), bob.open(wiki)]);
      await at.resync();
      expect([await alice.still(wiki), await bob.still(wiki)]).not.toContain("this is wiki: /");
      expect(await bob.open(wiki)).not.toBe("this is wiki: /");
      expect(at.problems).toMatchObject([{ code: "CFA-CONFLICT-ACCESS", effect: "closed" }]);
      expect((await at.resync()).applied).toBe(0);
    },
  );

  it("an application of ours that someone took over keeps its route open if it admits no one else", async () => {
    await using at = await taken(({ destinations }) => ({
      destinations: [...destinations, ELSEWHERE],
    }));
    const { alice, wiki } = people(at);
    await at.resync();
    expect(await alice.open(wiki)).toBe("this is wiki: /");
    expect(at.problems).toMatchObject([{ code: "CFA-CONFLICT-ACCESS" }]);
  });
});

describe("a container that replaces another for a different audience", () => {
  it("a replacement shows the new container never to the old audience and the old one never to the new audience", async () => {
    await using at = await home();
    const { alice, bob, wiki } = people(at);
    await at.run("wiki", { "access.groups": "family" }, "the old one");
    await at.settle();
    expect(await alice.open(wiki)).toBe("this is the old one: /");

    const seen: string[] = [];
    at.sandbox.controls.hook(async ({ write }, moment) => {
      if (!write || moment === "before") return;
      seen.push(
        `alice ${await alice.still(wiki)}`,
        `bob ${await bob.open(wiki)}`,
        `anybody ${await stranger(at.sandbox, wiki)}`,
      );
    });
    await at.run("wiki", { "access.groups": "admins" }, "the new one");
    await at.settle();

    expect(
      seen.filter((it) =>
        /^(alice|anybody) this is the new|^(bob|anybody) this is the old/.test(it),
      ),
    ).toEqual([]);
    expect(await bob.open(wiki)).toBe("this is the new one: /");
    expect(await alice.open(wiki)).toBe(REFUSED);
  });
});

describe("a page", () => {
  it("a page can become public, then protected, then public again", async () => {
    await using at = await home();
    await at.run("wiki", { access: "public" });
    await at.settle();
    const { alice, wiki } = people(at);
    expect(await stranger(at.sandbox, wiki)).toBe("this is wiki: /");

    at.relabel("wiki");
    await at.settle();
    expect(await stranger(at.sandbox, wiki)).toBe("log in");
    expect(await alice.open(wiki)).toBe("this is wiki: /");

    at.relabel("wiki", { access: "public" });
    await at.settle();
    expect(await stranger(at.sandbox, wiki)).toBe("this is wiki: /");
  });

  it("a page is open to members of a group inside the group in its label", async () => {
    await using at = await home();
    const { state } = at.sandbox.authentik;
    addGroup(state, { name: "children", parents: ["family"] });
    addUser(state, { username: "dora", groups: ["children"] });
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    expect(await visitor(at.sandbox, "dora").open(at.host("wiki"))).toBe("this is wiki: /");
    expect(await visitor(at.sandbox, "bob").open(at.host("wiki"))).toBe(REFUSED);
  });

  it.each(["Família #1", 'a"b', "it's", "back\\slash", "日本"])(
    "a page is open to members of a group called %s",
    async (group) => {
      await using at = await home();
      addUser(at.sandbox.authentik.state, { username: "dora", groups: [group] });
      await at.run("wiki", { "access.groups": group });
      await at.settle();
      expect(await visitor(at.sandbox, "dora").open(at.host("wiki"))).toBe("this is wiki: /");
      expect(await visitor(at.sandbox, "alice").open(at.host("wiki"))).toBe(REFUSED);
    },
  );

  it.each([
    {
      name: "only the person with the e-mail address",
      emails: "bob@example.com",
      alice: REFUSED,
      bob: "this is wiki: /",
    },
    {
      name: "everyone with an e-mail address of the domain",
      emails: "@example.com",
      alice: "this is wiki: /",
      bob: "this is wiki: /",
    },
    {
      name: "no one with an e-mail address of another domain",
      emails: "@example.org",
      alice: REFUSED,
      bob: REFUSED,
    },
  ])("a page is open to $name", async ({ emails, alice: toAlice, bob: toBob }) => {
    await using at = await home();
    const { alice, bob, wiki } = people(at);
    await at.run("wiki", { "access.emails": emails });
    await at.settle();
    expect([await alice.open(wiki), await bob.open(wiki)]).toEqual([toAlice, toBob]);
  });

  it("a page is also open to people whom the user's own policy admits, and that policy never changes", async () => {
    await using at = await home();
    const { state } = at.sandbox.cloudflare;
    const policy = seedPolicy(state, {
      name: "Friends",
      include: [{ email: { email: "bob@example.com" } }],
    });
    const before = JSON.stringify(policy);
    const { alice, bob, wiki } = people(at);
    await at.run("wiki", { "access.groups": "family", "access.policies": "Friends" });
    await at.settle();
    expect([await alice.open(wiki), await bob.open(wiki)]).toEqual([
      "this is wiki: /",
      "this is wiki: /",
    ]);

    at.relabel("wiki", { "access.groups": "family" });
    await at.settle();
    expect([await alice.open(wiki), await bob.open(wiki)]).toEqual(["this is wiki: /", REFUSED]);

    at.stop("wiki");
    await at.settle();
    expect(JSON.stringify(state.policies.get(policy.id))).toBe(before);
  });
});

describe("a setting that the user made on an application that is replaced", () => {
  const BY_HAND = {
    custom_deny_message: "Ask Dora for an account",
    custom_deny_url: "https://example.com/denied",
    same_site_cookie_attribute: "strict",
    logo_url: "https://example.com/logo.png",
    cors_headers: { allowed_origins: ["https://example.com"], allow_credentials: true },
  };

  /** A wiki for two groups, with settings made in the dashboard. */
  async function furnished(): Promise<Home> {
    const at = await home();
    await at.run("wiki", { "access.groups": "family,admins" });
    await at.settle();
    const { state } = at.sandbox.cloudflare;
    const app = application(at);
    if (app === undefined) throw new Error("no application");
    state.tags.set("by-hand", { name: "by-hand" } as never);
    state.apps.set(app.id, { ...app, ...BY_HAND, tags: [...app.tags, "by-hand"] });
    await at.resync();
    return at;
  }

  it("a user's settings move to the application that replaces theirs when fewer people may enter", async () => {
    await using at = await furnished();
    const before = application(at);
    at.relabel("wiki", { "access.groups": "family" });
    await at.settle();
    expect(application(at)?.aud).not.toBe(before?.aud);
    expect(application(at)).toMatchObject({
      ...BY_HAND,
      tags: expect.arrayContaining(before?.tags ?? []),
    });
  });

  it("a user's settings move to the new application even if Cloudflare fails in between and everything is observed again", async () => {
    await using at = await furnished();
    at.relabel("wiki", { "access.groups": "family" });
    at.sandbox.controls.fault(
      ({ method, path }) => method === "POST" && path.endsWith("/access/apps"),
      { kind: "status", status: 500 },
      Infinity,
    );
    await at.settle();
    expect(application(at)).toBeUndefined();
    at.sandbox.controls.heal();
    await at.resync();
    expect(application(at)).toMatchObject(BY_HAND);
  });

  it("a user's setting that Access refuses for a new application does not keep the route closed", async () => {
    await using at = await furnished();
    at.relabel("wiki", { "access.groups": "family" });
    const { controls } = at.sandbox;
    controls.fault(
      ({ method, path, body }) =>
        method === "POST" &&
        path.endsWith("/access/apps") &&
        JSON.stringify(body).includes("custom_deny_url"),
      { kind: "status", ...failure(400, 12_130, "access.api.error.invalid_request") },
      Infinity,
    );
    await at.settle();
    expect(at.live).toEqual([at.host("wiki")]);
    expect(application(at)?.["custom_deny_url"]).toBeUndefined();
  });

  it("a user's settings do not move to an application for another container", async () => {
    await using at = await furnished();
    at.stop("wiki");
    await at.settle();
    await at.run("wiki", { "access.groups": "family" });
    await at.settle();
    expect(application(at)?.["custom_deny_url"]).toBeUndefined();
  });
});
