import dns from "node:dns";
import { afterEach, describe, expect, it, vi } from "vitest";
import { parseTargets, secretsIn } from "../../../src/config/notify-target.ts";
import { createLog } from "../../../src/log/log.ts";
import { createNotifier, type NotifierOptions } from "../../../src/notify/notifier.ts";
import { sendTest } from "../../../src/notify/test-message.ts";
import { settledWithin } from "../../support/settled-within.ts";
import { NOW, news, problem, route } from "../../unit/notify/builders.ts";
import { answer, cut, type Stub, stub } from "../clients/stub.ts";

const SECRET = "topic-that-is-secret";

/** A deadline for everything that happens soon, even on a slow machine. Milliseconds. */
const MAX_WAIT_MS = 60_000;

const eventually = (claim: () => void): Promise<void> => vi.waitFor(claim, MAX_WAIT_MS);

const targetsAt = (...urls: readonly string[]) => {
  const targets = parseTargets(urls.join(" "));
  if (!targets.ok) throw new Error(targets.why);
  return targets.value;
};

function notifier(urls: readonly string[], more: Partial<NotifierOptions> = {}) {
  const lines: string[] = [];
  const results: string[] = [];
  const targets = urls.length === 0 ? [] : targetsAt(...urls);
  const log = createLog({
    level: "debug",
    format: "json",
    secrets: targets.flatMap(secretsIn),
    stream: { write: (text: string) => lines.push(text) },
  });
  const it = createNotifier({
    targets,
    owner: () => "home-nas",
    dryRun: false,
    log,
    onSent: (result) => results.push(result),
    patience: { backoffMs: 5, timeoutMs: MAX_WAIT_MS },
    ...more,
  });
  const opened = (name = "a") =>
    it.transitions?.(news({ opened: [route(`${name}.example.com`)] }), NOW);
  const logged = () =>
    lines
      .map((line) => JSON.parse(line))
      .map(({ level, msg, to, why }) => [level, msg, to, why].filter(Boolean).join(" | "));
  return { it, lines, logged, results, opened };
}

/** Answers for hostnames below `.invalid` at once that they do not exist: a real resolver may take long. */
function withoutInvalidNames(): void {
  const lookup = dns.lookup as (...args: readonly unknown[]) => void;
  const answer = (hostname: string, options: unknown, done: (error: Error) => void): void => {
    if (!hostname.endsWith(".invalid")) return lookup(hostname, options, done);
    const error = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
    done(Object.assign(error, { code: "ENOTFOUND", hostname }));
  };
  vi.spyOn(dns, "lookup").mockImplementation(answer as typeof dns.lookup);
}

const hook = ({ url }: Stub): string => `${url}/webhook/${SECRET}`;

const titles = ({ received }: Stub) =>
  received.map(({ body }) => (body as { title: string }).title);

describe("a notification", () => {
  it("a notification goes to every target in the target's format", async () => {
    await using server = await stub(answer(200, {}));
    const { it, results, opened } = notifier([hook(server), `ntfy+${server.url}/${SECRET}`]);
    opened();
    await eventually(() => expect(results).toEqual(["ok", "ok"]));
    expect(server.received.map(({ method, url }) => `${method} ${url}`).toSorted()).toEqual([
      "POST /",
      `POST /webhook/${SECRET}`,
    ]);
    await it.close();
  });

  it("a notification that fails is sent again with the same id, three times at most", async () => {
    await using server = await stub(answer(500, {}), cut, answer(200, {}));
    const { it, results, logged, opened } = notifier([hook(server)]);
    opened();
    await eventually(() => expect(results).toEqual(["ok"]));
    expect(new Set(server.received.map(({ body }) => (body as { id: string }).id)).size).toBe(1);
    expect([server.received.length, logged()]).toEqual([3, []]);
    await it.close();
  });

  it("a retry waits as long as the target asks, in seconds or until a date", async () => {
    await using server = await stub(
      answer(429, {}, { "retry-after": "0.1" }),
      answer(503, {}, { "retry-after": new Date(Date.now() - 5_000).toUTCString() }),
      answer(204, ""),
    );
    const { it, results, opened } = notifier([hook(server)]);
    const begun = performance.now();
    opened();
    await eventually(() => expect(results).toEqual(["ok"]));
    expect(performance.now() - begun).toBeGreaterThan(95);
    await it.close();
  });

  it("a notification is given up when the target asks for a pause of an hour", async () => {
    await using server = await stub(answer(429, {}, { "retry-after": "3600" }));
    const { it, logged, opened } = notifier([hook(server)]);
    opened();
    await eventually(() => expect(logged()).toHaveLength(1));
    expect([server.received.length, logged()[0]]).toEqual([
      1,
      expect.stringContaining("it limits the message rate (429)"),
    ]);
    await it.close();
  });

  it("a notification that is refused is not sent again", async () => {
    await using server = await stub(answer(404, { message: "Unknown Webhook" }));
    const { it, results, logged, opened } = notifier([hook(server)]);
    opened();
    await eventually(() => expect(results).toEqual(["failed"]));
    expect(server.received).toHaveLength(1);
    expect(logged()).toEqual([
      `warn | notification not delivered | json at ${new URL(server.url).host} | nothing exists at that address (404)`,
    ]);
    await it.close();
  });

  it("a redirect is not followed, because the tokens would follow too", async () => {
    await using other = await stub(answer(200, {}));
    await using server = await stub(answer(307, {}, { location: `${other.url}/stolen` }));
    const { it, results, logged, opened } = notifier([hook(server)]);
    opened();
    await eventually(() => expect(results).toEqual(["failed"]));
    expect([other.received, logged()[0]]).toEqual([
      [],
      expect.stringContaining("redirects to another address (307)"),
    ]);
    await it.close();
  });

  it("one notification covers everything that a pass changes", async () => {
    await using server = await stub(answer(200, {}));
    const { it, results } = notifier([hook(server)]);
    it.transitions?.(
      news({ opened: ["a", "b", "c", "d"].map((name) => route(`${name}.example.com`)) }),
      NOW,
    );
    it.transitions?.(news(), NOW);
    await eventually(() => expect(results).toEqual(["ok"]));
    expect(titles(server)).toEqual(["cfauth: 4 routes opened"]);
    await it.close();
  });
});

describe("a target that is down", () => {
  afterEach(() => void vi.restoreAllMocks());

  it("a target that is down is logged once, and once when it accepts messages again, without its address", async () => {
    await using server = await stub(answer(500, {}), answer(500, {}), answer(200, {}));
    const { it, lines, logged, results, opened } = notifier([hook(server)], {
      patience: { tries: 1 },
    });
    for (const expected of [1, 2, 3]) {
      opened();
      await eventually(() => expect(results).toHaveLength(expected));
    }
    expect(logged()).toEqual([
      `warn | notification not delivered | json at ${new URL(server.url).host} | it answered 500`,
      `info | notifications delivered again | json at ${new URL(server.url).host}`,
    ]);
    expect(lines.join("")).not.toContain(SECRET);
    await it.close();
  });

  it.each([
    {
      name: "refuses connections",
      url: `http://127.0.0.1:1/webhook/${SECRET}`,
      why: "no answer (ECONNREFUSED)",
    },
    {
      name: "has an unknown hostname",
      url: `https://cfauth.invalid/webhook/${SECRET}`,
      why: "no answer (E",
    },
    { name: "cuts the connection", reply: cut, why: "no answer (ECONNRESET)" },
    { name: "never answers", reply: () => {}, why: "no answer in time", timeoutMs: 100 },
  ])(
    "the log says that a target $name, without its address",
    async ({ url, reply, why, timeoutMs = MAX_WAIT_MS }) => {
      withoutInvalidNames();
      await using server = await stub(reply ?? cut);
      const { it, lines, opened } = notifier([url ?? hook(server)], {
        patience: { tries: 1, timeoutMs },
      });
      opened();
      await eventually(() => expect(lines.join("")).toContain(why));
      expect(lines.join("")).not.toMatch(/topic|webhook/);
      await it.close();
    },
  );

  it("a target that is down delays no other target and drops the oldest of too many messages", async () => {
    await using down = await stub(() => {});
    await using up = await stub(answer(200, {}));
    const { it, logged, opened } = notifier([hook(down), hook(up)], {
      patience: { timeoutMs: 60_000 },
    });
    for (let message = 0; message < 15; message++) opened(`r${message}`);
    await eventually(() => expect(up.received).toHaveLength(15));
    for (let message = 15; message < 30; message++) opened(`r${message}`);
    await eventually(() => expect(up.received).toHaveLength(30));
    expect([titles(up).at(-1), down.received.length]).toEqual([
      "cfauth: r29.example.com is open",
      1,
    ]);
    expect(logged()).toEqual([
      expect.stringContaining(`${new URL(down.url).host} | too many messages are waiting`),
    ]);
    await it.close();
  });

  it("a target that is down delays the end of the daemon by a second at most", async () => {
    await using down = await stub(() => {});
    const { it, opened } = notifier([hook(down)], { patience: { timeoutMs: 60_000 } });
    opened();
    opened();
    expect(await settledWithin(it.close(), 1_500)).toBe(true);
  });
});

describe("a problem that lasts", () => {
  afterEach(() => void vi.useRealTimers());

  it("a lasting problem is reported without another pass, and no timer is left behind", async () => {
    vi.useFakeTimers({ now: NOW, toFake: ["setTimeout", "clearTimeout", "Date"] });
    await using server = await stub(answer(200, {}));
    const { it, results } = notifier([hook(server)]);
    it.transitions?.(news({ problems: [problem()] }), NOW);
    vi.advanceTimersByTime(59_000);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1_000);
    vi.useRealTimers();
    await eventually(() => expect(results).toEqual(["ok"]));
    expect(titles(server)).toEqual(["cfauth: problem with photos.example.com"]);
    await it.close();
  });

  it("a problem that is not due yet is forgotten when the daemon stops", async () => {
    vi.useFakeTimers({ now: NOW, toFake: ["setTimeout", "clearTimeout", "Date"] });
    const { it } = notifier(["http://127.0.0.1:1/x"]);
    it.transitions?.(news({ problems: [problem()] }), NOW);
    const closed = it.close();
    expect(vi.getTimerCount()).toBe(0);
    await closed;
  });
});

it("without a target nothing is sent and nothing is waited for", async () => {
  const { it, lines, opened } = notifier([]);
  opened();
  await it.close();
  expect(lines).toEqual([]);
});

describe("a test message", () => {
  it("a test message returns for each target whether it was accepted, under a name without secrets", async () => {
    await using server = await stub(answer(200, {}), answer(401, {}));
    const host = new URL(server.url).host;
    const targets = targetsAt(hook(server));
    const send = () =>
      sendTest(targets, { at: NOW, owner: "home-nas" }, new AbortController().signal);
    expect(await send()).toEqual([{ to: `json at ${host}`, delivered: true }]);
    expect(await send()).toEqual([
      { to: `json at ${host}`, delivered: false, why: "it rejects the token (401)" },
    ]);
    expect(server.received[0]?.body).toMatchObject({
      type: "test",
      title: "cfauth: test message",
      owner: "home-nas",
    });
  });
});
