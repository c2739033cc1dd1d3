/** The moments of a takeover: what visitors see after each write, and which rules cloudflared runs by then. */
import { describe, expect, it } from "vitest";
import {
  seedApp,
  seedConfiguration,
  seedPolicy,
  seedRecord,
  seedTunnel,
} from "../../sandbox/cloudflare/seed.ts";
import type { EdgeView } from "../../sandbox/cloudflare/state.ts";
import { type Home, home } from "./daemon.ts";
import { stranger, visitor } from "./visitor.ts";

const WIKI = "wiki.home.localhost";

interface Before {
  /** Where the old rule leads: to a page of its own, or to the container that asks for the hostname. */
  readonly leads: "elsewhere" | "to the container";
  readonly guarded: readonly string[];
}

/** A page behind an application made by hand, and the container that will replace it. */
async function scene(
  { leads, guarded }: Before,
  labels: Readonly<Record<string, string>> = {},
): Promise<Home> {
  const at = await home();
  const { state } = at.sandbox.cloudflare;
  const old = await at.elsewhere("the old page");
  await at.run("wiki", { adopt: "true", ...labels });
  const tunnel = seedTunnel(state, { name: "cfauth" });
  const service = leads === "elsewhere" ? old.service : `http://wiki:${at.port("wiki")}`;
  seedConfiguration(state, tunnel, { ingress: guarded.map((hostname) => ({ hostname, service })) });
  for (const name of guarded)
    seedRecord(state, { name, type: "CNAME", content: `${tunnel.id}.cfargotunnel.com` });
  const friends = seedPolicy(state, {
    name: "Friends",
    include: [{ email: { email: "bob@example.com" } }],
  });
  const destinations = guarded.map((uri) => ({ type: "public", uri }));
  seedApp(state, {
    domain: guarded[0] ?? "",
    destinations,
    name: "By hand",
    policies: [{ id: friends.id, precedence: 1 }],
  });
  return at;
}

/** Runs this check after each write and collects the faults that it finds. */
function watched(at: Home, wrong: () => Promise<string | undefined>): readonly string[] {
  const moments: string[] = [];
  at.sandbox.controls.hook(async ({ write, method, path }, moment) => {
    const found = write && moment === "after" ? await wrong() : undefined;
    if (found !== undefined)
      moments.push(`after ${method} ${path.replace(/[0-9a-f-]{32,36}/g, "…")}: ${found}`);
  });
  return moments;
}

/** A page that an anonymous visitor sees at one of these hostnames. */
const seenAt = (at: Home, hosts: readonly string[]) => async (): Promise<string | undefined> => {
  const pages = await Promise.all(hosts.map((host) => stranger(at.sandbox, host)));
  return pages.find((page) => page.startsWith("this is "));
};

const CASES: readonly (Before & { readonly name: string })[] = [
  { name: "a rule to another page", leads: "elsewhere", guarded: [WIKI] },
  { name: "a rule to the container itself", leads: "to the container", guarded: [WIKI] },
  {
    name: "an application that also protects other hostnames",
    leads: "elsewhere",
    guarded: [WIKI, "photos.home.localhost", "notes.home.localhost"],
  },
];

describe.each(CASES)("a takeover of $name", (before) => {
  it(`no one sees the old or the new page without a login during a takeover of ${before.name}`, async () => {
    await using at = await scene(before);
    expect(await stranger(at.sandbox, WIKI)).toBe("log in");
    const seen = watched(at, seenAt(at, before.guarded));
    await at.settle();
    expect(at.live).toEqual([WIKI]);
    expect(seen).toEqual([]);
    expect(await visitor(at.sandbox, "alice").open(WIKI)).toBe("this is wiki: /");
  });

  it.each([
    { late: "cloudflared is", lag: { configuration: 1_200 } },
    { late: "Access is", lag: { access: 1_200 } },
    { late: "DNS is", lag: { dns: 1_200 } },
    { late: "all of them are", lag: { configuration: 700, access: 1_500, dns: 1_100 } },
  ])(
    `no one sees a page without a login during a takeover of ${before.name} while $late late`,
    async ({ lag }) => {
      await using at = await scene(before);
      at.sandbox.cloudflare.propagation.lag(lag);
      const seen = watched(at, seenAt(at, before.guarded));
      await at.settle();
      at.sandbox.cloudflare.propagation.release();
      expect(at.live).toEqual([WIKI]);
      expect(seen).toEqual([]);
      expect(await visitor(at.sandbox, "alice").open(WIKI)).toBe("this is wiki: /");
    },
  );

  it(`in a takeover of ${before.name}, the application stays until cloudflared runs a rule that admits no one`, async () => {
    await using at = await scene(before);
    const { state, propagation } = at.sandbox.cloudflare;
    propagation.lag({ configuration: 1_200 });
    const guards = () =>
      [...state.apps.values()].some(
        ({ name, destinations }) =>
          name === "By hand" && destinations.some(({ uri }) => uri === WIKI),
      );
    const moments = watched(at, async () =>
      guards() || !showsOld(propagation.view()) ? undefined : "the old rule is still in force",
    );
    await at.settle();
    expect(guards()).toBe(false);
    expect(moments).toEqual([]);
  });
});

/** Whether cloudflared still serves the hostname without a login check. */
const showsOld = ({ configurations }: EdgeView): boolean =>
  [...configurations.values()].some(({ config }) =>
    config.ingress.some(
      ({ hostname, originRequest }) =>
        hostname === WIKI && originRequest?.access?.required !== true,
    ),
  );

describe("while cloudflared does not run the new rules", () => {
  it("a takeover replaces only the rule and reports that until cloudflared runs the new rules", async () => {
    await using at = await scene({ leads: "elsewhere", guarded: [WIKI] });
    const { state, propagation } = at.sandbox.cloudflare;
    propagation.lag({ configuration: Infinity });
    const records = JSON.stringify([...state.records.values()]);
    const apps = JSON.stringify([...state.apps.values()]);
    const { errors } = await impatiently(() => at.settle());
    expect(errors).toMatchObject([{ code: "CFA-TUNNEL-BEHIND", transient: true }]);
    expect(JSON.stringify([...state.records.values()])).toBe(records);
    expect(JSON.stringify([...state.apps.values()])).toBe(apps);
    expect(await stranger(at.sandbox, WIKI)).toBe("log in");

    propagation.lag({ configuration: 0 });
    expect((await at.settle()).errors).toEqual([]);
    expect(at.live).toEqual([WIKI]);
    expect(await visitor(at.sandbox, "alice").open(WIKI)).toBe("this is wiki: /");
  });
});

/** Each reading of the monotonic clock is half a minute after the one before. */
async function impatiently<T>(deed: () => Promise<T>): Promise<T> {
  const { now } = performance;
  let ms = 0;
  performance.now = () => {
    ms += 30_000;
    return ms;
  };
  try {
    return await deed();
  } finally {
    performance.now = now;
  }
}

describe("a takeover by a public page", () => {
  it("a takeover by a public page shows the old page to no one who was not admitted before", async () => {
    await using at = await scene({ leads: "elsewhere", guarded: [WIKI] }, { access: "public" });
    const seen = watched(at, async () =>
      (await stranger(at.sandbox, WIKI)).includes("the old page") ? "the old page" : undefined,
    );
    await at.settle();
    expect(seen).toEqual([]);
    expect(await stranger(at.sandbox, WIKI)).toBe("this is wiki: /");
  });
});

describe("a takeover by a page with a path that needs no login", () => {
  it("a takeover by a page with a path without a login opens that path alone, once everything is taken over", async () => {
    await using at = await scene(
      { leads: "elsewhere", guarded: [WIKI] },
      { "access.bypass": "/hooks" },
    );
    seedApp(at.sandbox.cloudflare.state, { domain: `${WIKI}/hooks`, name: "Hooks by hand" });
    const seen = watched(at, async () => {
      const pages = await Promise.all(
        ["/", "/hooks"].map((path) => stranger(at.sandbox, WIKI, path)),
      );
      return pages.find((page) => page.startsWith("this is ") && page !== "this is wiki: /hooks");
    });
    await at.settle();
    expect(seen).toEqual([]);
    expect(at.problems).toEqual([]);
    expect(at.took).toContain('the Access application "Hooks by hand"');
    expect([await stranger(at.sandbox, WIKI), await stranger(at.sandbox, WIKI, "/hooks")]).toEqual([
      "log in",
      "this is wiki: /hooks",
    ]);
  });
});

describe("a takeover that is interrupted", () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "a takeover that stops after %i writes and loses its container leaves no object of ours and shows nothing",
    async (writes) => {
      await using at = await scene({ leads: "elsewhere", guarded: [WIKI] });
      const seen = watched(at, seenAt(at, [WIKI]));
      let left = writes;
      at.sandbox.controls.fault(
        ({ api, write }) => api === "cloudflare" && write && left-- <= 0,
        { kind: "status", status: 500 },
        Infinity,
      );
      await at.settle();
      at.sandbox.controls.heal();
      at.stop("wiki");
      await (await at.another()).settle();
      expect(seen).toEqual([]);
      expect(await seenAt(at, [WIKI])()).toBeUndefined();
      const { apps, records, configurations } = at.sandbox.cloudflare.state;
      expect([...apps.values()].filter(({ tags }) => tags.length > 0)).toEqual([]);
      expect([...records.values()].filter(({ comment }) => comment !== null)).toEqual([]);
      const rules = [...configurations.values()].flatMap(({ config }) =>
        config.ingress.filter(({ hostname }) => hostname === WIKI),
      );
      expect(rules.filter(({ originRequest }) => originRequest !== undefined)).toEqual([]);
    },
  );

  it.each([1, 2, 3, 4, 5, 6])(
    "the next daemon finishes a takeover that stopped after %i writes and shows nothing in between",
    async (writes) => {
      await using at = await scene({
        leads: "elsewhere",
        guarded: [WIKI, "photos.home.localhost"],
      });
      const seen = watched(at, seenAt(at, [WIKI, "photos.home.localhost"]));
      let left = writes;
      at.sandbox.controls.fault(
        ({ api, write }) => api === "cloudflare" && write && left-- <= 0,
        { kind: "status", status: 500 },
        Infinity,
      );
      await at.settle();
      at.sandbox.controls.heal();
      expect(await seenAt(at, [WIKI])()).toBeUndefined();
      const next = await at.another();
      await next.settle();
      expect(next.live).toEqual([WIKI]);
      expect(seen).toEqual([]);
      expect(await visitor(at.sandbox, "alice").open(WIKI)).toBe("this is wiki: /");
    },
  );
});
