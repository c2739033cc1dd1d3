import { expect, test } from "vitest";
import { parseRouteKey, type Route } from "../../../../src/core/domain/route.ts";
import { createIngressRuleDriver } from "../../../../src/resources/ingress-rule/driver.ts";
import type {
  IngressRuleChange,
  ObservedIngressRules,
} from "../../../../src/resources/ingress-rule/types.ts";
import type { Fault } from "../../../sandbox/call.ts";
import { seedConfiguration, seedTunnel } from "../../../sandbox/cloudflare/seed.ts";
import { cloudflare, owner } from "../../../support/observed-state.ts";

async function scene(document?: Parameters<typeof seedConfiguration>[2]) {
  const reached = await cloudflare();
  const { sandbox, client, account } = reached;
  const tunnel = seedTunnel(sandbox.state);
  if (document !== undefined) seedConfiguration(sandbox.state, tunnel, document);
  const api = createIngressRuleDriver({
    cloudflare: client,
    account,
    owner: owner(),
    tunnel: () => tunnel.id,
  });
  const rules = () =>
    sandbox.state.configurations
      .get(tunnel.id)
      ?.config.ingress.map(({ hostname, service }) => `${hostname ?? ""} ${service}`);
  return { ...reached, api, tunnel, rules };
}

const route = (text: string): Route => {
  const parsed = parseRouteKey(text);
  if (parsed === undefined) throw new Error(`no route: ${text}`);
  return parsed;
};

const open = (host: string, service = "http://web:80"): IngressRuleChange => ({
  kind: "ingress",
  action: "create",
  key: host,
  subject: host,
  desired: {
    route: route(host),
    origin: { service, options: {} },
    check: { team: "sandbox", aud: "a".repeat(64) },
    cleanPathsOnly: false,
    mark: { team: "sandbox", text: "cfauth:home" },
  },
  existing: [],
});

const close = (host: string, observed: ObservedIngressRules): IngressRuleChange => ({
  kind: "ingress",
  action: "delete",
  key: host,
  subject: host,
  existing: observed.rules.filter(({ hostname }) => hostname === host),
});

test("a tunnel that was never configured has no rules and answers 404 to everything", async () => {
  await using world = await scene();
  expect(await world.api.observe("all", undefined)).toEqual({
    version: 0,
    rules: [],
    catchAll: { service: "http_status:404" },
    mark: "cfauth:home",
    takesMark: true,
    propagated: false,
    strangers: new Set(),
    behind: false,
    unconfirmed: [],
    withheld: new Map(),
    contested: false,
    observeAgainAt: undefined,
    rest: {},
  });
});

test("a tunnel that does not exist yet has no document", async () => {
  await using world = await cloudflare();
  const api = createIngressRuleDriver({
    cloudflare: world.client,
    account: world.account,
    owner: owner(),
    tunnel: () => undefined,
  });
  expect(await api.observe("all", undefined)).toMatchObject({ version: -1, rules: [] });
  expect(world.sandbox.controls.calls).toEqual([]);
});

test("the catch-all is observed apart from the rules, and all other settings beside them", async () => {
  await using world = await scene({
    ingress: [{ hostname: "nas.example.com", service: "http://nas:80" }],
    originRequest: { connectTimeout: 5 },
    "warp-routing": { enabled: true },
  });
  expect(await world.api.observe("all", undefined)).toMatchObject({
    version: 1,
    rules: [{ hostname: "nas.example.com", service: "http://nas:80" }],
    catchAll: { service: "http_status:404" },
    propagated: false,
    rest: { originRequest: { connectTimeout: 5 }, "warp-routing": { enabled: true } },
  });
});

test("many changes of rules are one write", async () => {
  await using world = await scene();
  const observed = await world.api.observe("all", undefined);
  world.sandbox.controls.clear();
  const changes = Array.from({ length: 20 }, (_, n) => open(`app${n}.example.com`));
  const applied = await world.api.apply(changes, observed);
  expect(applied).toMatchObject({
    applied: changes,
    failures: [],
    outcomeUnknown: false,
    observed: { version: 1 },
  });
  expect(world.sandbox.controls.calls.map(({ method }) => method)).toEqual(["GET", "PUT"]);
});

test("foreign rules and settings are written back byte for byte", async () => {
  const foreign = {
    originRequest: { noTLSVerify: true, access: { required: false, teamName: "x", audTag: [] } },
    service: "https://nas:443",
    path: "^/a.*",
    hostname: "nas.example.com",
  };
  await using world = await scene({
    "warp-routing": { enabled: true },
    ingress: [foreign],
    originRequest: { keepAliveTimeout: 90, connectTimeout: 5 },
  });
  const before = JSON.stringify(world.sandbox.state.configurations.get(world.tunnel.id)?.config);
  const opened = await world.api.apply(
    [open("app.example.com")],
    await world.api.observe("all", undefined),
  );
  await world.api.apply([close("app.example.com", opened.observed)], opened.observed);
  const { ingress, ...rest } = world.sandbox.state.configurations.get(world.tunnel.id)?.config ?? {
    ingress: [],
  };
  const { ingress: ingressBefore, ...restBefore } = JSON.parse(before);
  expect(JSON.stringify(ingress)).toBe(JSON.stringify(ingressBefore));
  expect(JSON.stringify(rest)).toBe(JSON.stringify(restBefore));
});

test("a document that changed since it was observed is not overwritten but observed again", async () => {
  await using world = await scene({});
  const observed = await world.api.observe("all", undefined);
  seedConfiguration(world.sandbox.state, world.tunnel, {
    ingress: [{ hostname: "nas.example.com", service: "http://nas:80" }],
  });
  const applied = await world.api.apply([open("app.example.com")], observed);
  expect(applied).toMatchObject({
    applied: [],
    failures: [],
    outcomeUnknown: false,
    observed: { version: 2, rules: [{ hostname: "nas.example.com" }] },
  });
  expect(world.sandbox.controls.writes()).toEqual([]);
  const again = await world.api.apply([open("app.example.com")], applied.observed);
  expect(again.applied).toHaveLength(1);
  expect(world.rules()).toEqual([
    "app.example.com http://web:80",
    "nas.example.com http://nas:80",
    " http_status:404",
  ]);
});

test("a foreign write between our read and our write makes the outcome unknown", async () => {
  await using world = await scene({});
  const observed = await world.api.observe("all", undefined);
  world.sandbox.controls.hook((call, moment) => {
    if (call.method === "PUT" && moment === "before")
      seedConfiguration(world.sandbox.state, world.tunnel, {
        ingress: [{ hostname: "nas.example.com", service: "http://nas:80" }],
      });
  });
  expect(await world.api.apply([open("app.example.com")], observed)).toMatchObject({
    outcomeUnknown: true,
    observed: { version: 3 },
  });
});

test("a rule that Cloudflare refuses does not stop the others from being written", async () => {
  await using world = await scene();
  const changes = [
    open("a.example.com"),
    open("bad.example.com", "http://web:80/path"),
    open("c.example.com"),
  ];
  const applied = await world.api.apply(changes, await world.api.observe("all", undefined));
  expect(applied.applied.map(({ key }) => key)).toEqual(["a.example.com", "c.example.com"]);
  expect(applied.failures.map(({ change, error }) => [change.key, error.code])).toEqual([
    ["bad.example.com", "CFA-CF-REFUSED"],
  ]);
  expect(world.rules()).toEqual([
    "a.example.com http://web:80",
    "c.example.com http://web:80",
    " http_status:404",
  ]);
});

test("changes without a difference are not written", async () => {
  await using world = await scene({});
  const observed = await world.api.observe("all", undefined);
  const applied = await world.api.apply([close("gone.example.com", observed)], observed);
  expect(applied.applied).toHaveLength(1);
  expect(world.sandbox.controls.writes()).toEqual([]);
});

test("a write without an answer fails all changes, and its outcome is unknown", async () => {
  await using world = await scene({});
  const observed = await world.api.observe("all", undefined);
  world.sandbox.controls.fault(({ write }) => write, { kind: "reset", when: "after" });
  const applied = await world.api.apply([open("a.example.com"), open("b.example.com")], observed);
  expect(applied).toMatchObject({ applied: [], outcomeUnknown: true });
  expect(applied.failures).toHaveLength(2);
  expect(world.sandbox.controls.writes()).toHaveLength(1);
});

test("an open rule that another writer restores from an old read is observed while its application exists", async () => {
  const wiki = { hostname: "wiki.example.com", service: "http://wiki:80" };
  await using world = await scene({ ingress: [wiki] });
  const observed = await world.api.observe("all", undefined);
  world.sandbox.controls.hook(({ method }, moment) => {
    if (method === "PUT" && moment === "after")
      seedConfiguration(world.sandbox.state, world.tunnel, { ingress: [wiki] });
  });
  expect(await world.api.apply([close(wiki.hostname, observed)], observed)).toMatchObject({
    observed: { version: 3, rules: [wiki] },
    outcomeUnknown: false,
  });
});

test("a removed rule with a login check is not looked up again, because no one can log in without its application", async () => {
  await using world = await scene({});
  const opened = await world.api.apply(
    [open("app.example.com")],
    await world.api.observe("all", undefined),
  );
  world.sandbox.controls.clear();
  await world.api.apply([close("app.example.com", opened.observed)], opened.observed);
  expect(world.sandbox.controls.calls.map(({ method }) => method)).toEqual(["GET", "PUT"]);
});

const KEPT_OUT: Fault = {
  kind: "status",
  status: 429,
  headers: { "retry-after": "0" },
  body: {
    success: false,
    errors: [{ code: 10429, message: "slow down" }],
    messages: [],
    result: null,
  },
};

/** The calls that concern the document. */
const sent = (world: Awaited<ReturnType<typeof scene>>) =>
  world.sandbox.controls.calls.map(({ method }) => method).join(" ");

test("a write that the rate limit refuses is repeated from a fresh read", async () => {
  await using world = await scene({});
  const observed = await world.api.observe("routes", undefined);
  world.sandbox.controls.clear();
  world.sandbox.controls.fault(({ write }) => write, KEPT_OUT);
  expect(await world.api.apply([open("app.example.com")], observed)).toMatchObject({
    failures: [],
    outcomeUnknown: false,
  });
  expect(sent(world)).toBe("GET PUT GET PUT");
  expect(world.rules()).toEqual(["app.example.com http://web:80", " http_status:404"]);
});

test("an edit made by hand while the rate limit delayed a write is not overwritten", async () => {
  await using world = await scene({});
  const observed = await world.api.observe("routes", undefined);
  world.sandbox.controls.fault(({ write }) => write, KEPT_OUT);
  const unhook = world.sandbox.controls.hook(({ method }, moment) => {
    if (method !== "PUT" || moment !== "before") return;
    unhook();
    seedConfiguration(world.sandbox.state, world.tunnel, {
      ingress: [{ hostname: "nas.example.com", service: "http://nas:80" }],
    });
  });
  expect(await world.api.apply([open("app.example.com")], observed)).toMatchObject({
    applied: [],
    failures: [],
    observed: { version: 2 },
  });
  expect(world.rules()).toEqual(["nas.example.com http://nas:80", " http_status:404"]);
});

test("each half of a refused document is written from a read of its own", async () => {
  await using world = await scene({});
  const changes = [
    open("a.example.com"),
    open("b.example.com"),
    open("bad.example.com", "http://web:80/path"),
    open("d.example.com"),
  ];
  const observed = await world.api.observe("routes", undefined);
  world.sandbox.controls.clear();
  await world.api.apply(changes, observed);
  expect(sent(world)).not.toMatch(/PUT PUT/);
  expect(world.rules()).toHaveLength(4);
});

test("an edit made by hand between the halves of a refused document is kept, and the second half is not written", async () => {
  await using world = await scene({});
  const changes = [
    open("a.example.com"),
    open("b.example.com"),
    open("bad.example.com", "http://web:80/path"),
    open("d.example.com"),
  ];
  const observed = await world.api.observe("routes", undefined);
  let refused = 0;
  world.sandbox.controls.hook(({ method }, moment) => {
    if (method !== "PUT" || moment !== "after") return;
    refused += 1;
    if (refused === 1)
      seedConfiguration(world.sandbox.state, world.tunnel, {
        ingress: [{ hostname: "nas.example.com", service: "http://nas:80" }],
      });
  });
  expect(await world.api.apply(changes, observed)).toMatchObject({ applied: [], failures: [] });
  expect(world.rules()).toEqual(["nas.example.com http://nas:80", " http_status:404"]);
});

test("a rule is written without the mark if Cloudflare rejects the mark, and that is remembered", async () => {
  await using world = await scene({});
  const observed = await world.api.observe("routes", undefined);
  expect(observed.takesMark).toBe(true);
  world.sandbox.state.refusesMarks = true;
  const applied = await world.api.apply([open("a.example.com"), open("b.example.com")], observed);
  expect(applied).toMatchObject({ failures: [], observed: { takesMark: false } });
  expect(applied.applied).toHaveLength(2);
  expect(JSON.stringify(world.sandbox.state.configurations.get(world.tunnel.id))).not.toContain(
    "cfauth:",
  );
  expect((await world.api.observe("routes", undefined)).takesMark).toBe(false);
});

test("a document that Cloudflare refuses for another reason keeps the mark", async () => {
  await using world = await scene({});
  const applied = await world.api.apply(
    [open("bad.example.com", "http://web:80/path")],
    await world.api.observe("routes", undefined),
  );
  expect([applied.failures.length, applied.observed.takesMark]).toEqual([1, true]);
});

test("a connector that does not report its version does not count as behind", async () => {
  let ms = 0;
  await using world = await scene({});
  const api = createIngressRuleDriver({
    cloudflare: world.client,
    account: world.account,
    owner: owner(),
    tunnel: () => world.tunnel.id,
    now: () => ms,
  });
  const result = [{ id: "c", version: "2020.1.0" }];
  const body = { success: true, errors: [], messages: [], result };
  world.sandbox.controls.fault(
    ({ path }) => path.endsWith("/connections"),
    { kind: "status", status: 200, body },
    Infinity,
  );
  await api.observe("all", undefined);
  ms = 60_000;
  expect(await api.observe("all", undefined)).toMatchObject({ behind: false });
});

test("a connector with an older document counts as behind after some time, however often it is asked", async () => {
  let ms = 0;
  await using world = await scene({});
  const api = createIngressRuleDriver({
    cloudflare: world.client,
    account: world.account,
    owner: owner(),
    tunnel: () => world.tunnel.id,
    now: () => ms,
  });
  const body = {
    success: true,
    errors: [],
    messages: [],
    result: [{ id: "c", config_version: 0 }],
  };
  world.sandbox.controls.fault(
    ({ path }) => path.endsWith("/connections"),
    { kind: "status", status: 200, body },
    Infinity,
  );
  const behind: boolean[] = [];
  for (const at of [0, 5_000, 14_999, 15_000]) {
    ms = at;
    behind.push((await api.observe("routes", undefined)).behind);
    await api.observe("all", undefined).then((observed) => behind.push(observed.behind));
  }
  expect(behind).toEqual([false, false, false, false, false, false, true, true]);
});
