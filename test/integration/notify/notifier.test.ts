import { afterEach, describe, expect, it, vi } from "vitest";
import { parseTargets, secretsIn } from "../../../src/config/notify-target.ts";
import { createLog } from "../../../src/log/log.ts";
import { createNotifier, type NotifierOptions } from "../../../src/notify/notifier.ts";
import { sendTest } from "../../../src/notify/test-message.ts";
import { NOW, news, problem, route } from "../../unit/notify/builders.ts";
import { answer, cut, type Stub, stub } from "../clients/stub.ts";

const SECRET = "topic-that-is-secret";

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
    patience: { backoffMs: 5, timeoutMs: 200 },
    ...more,
  });
  const opened = (name = "a") =>
    it.transitions?.(news({ opened: [route(`${name}.example.com`)] }), NOW);
  const told = () =>
    lines
      .map((line) => JSON.parse(line))
      .map(({ level, msg, to, why }) => [level, msg, to, why].filter(Boolean).join(" | "));
  return { it, lines, told, results, opened };
}

const hook = ({ url }: Stub): string => `${url}/webhook/${SECRET}`;

const titles = ({ received }: Stub) =>
  received.map(({ body }) => (body as { title: string }).title);

describe("a message", () => {
  it("goes to every service, each in its way", async () => {
    await using server = await stub(answer(200, {}));
    const { it, results, opened } = notifier([hook(server), `ntfy+${server.url}/${SECRET}`]);
    opened();
    await vi.waitFor(() => expect(results).toEqual(["ok", "ok"]));
    expect(server.received.map(({ method, url }) => `${method} ${url}`).toSorted()).toEqual([
      "POST /",
      `POST /webhook/${SECRET}`,
    ]);
    await it.close();
  });

  it("that is not taken is tried again with the same id, three times in all", async () => {
    await using server = await stub(answer(500, {}), cut, answer(200, {}));
    const { it, results, told, opened } = notifier([hook(server)]);
    opened();
    await vi.waitFor(() => expect(results).toEqual(["ok"]));
    expect(new Set(server.received.map(({ body }) => (body as { id: string }).id)).size).toBe(1);
    expect([server.received.length, told()]).toEqual([3, []]);
    await it.close();
  });

  it("waits as long as the service asks for, in seconds or until a date", async () => {
    await using server = await stub(
      answer(429, {}, { "retry-after": "0.1" }),
      answer(503, {}, { "retry-after": new Date(Date.now() - 5_000).toUTCString() }),
      answer(204, ""),
    );
    const { it, results, opened } = notifier([hook(server)]);
    const begun = performance.now();
    opened();
    await vi.waitFor(() => expect(results).toEqual(["ok"]));
    expect(performance.now() - begun).toBeGreaterThan(95);
    await it.close();
  });

  it("does not wait for a service that wants to be left alone for an hour", async () => {
    await using server = await stub(answer(429, {}, { "retry-after": "3600" }));
    const { it, told, opened } = notifier([hook(server)]);
    opened();
    await vi.waitFor(() => expect(told()).toHaveLength(1));
    expect([server.received.length, told()[0]]).toEqual([
      1,
      expect.stringContaining("it limits the message rate (429)"),
    ]);
    await it.close();
  });

  it("that is refused is not sent again", async () => {
    await using server = await stub(answer(404, { message: "Unknown Webhook" }));
    const { it, results, told, opened } = notifier([hook(server)]);
    opened();
    await vi.waitFor(() => expect(results).toEqual(["failed"]));
    expect(server.received).toHaveLength(1);
    expect(told()).toEqual([
      `warn | notification not delivered | json at ${new URL(server.url).host} | nothing exists at that address (404)`,
    ]);
    await it.close();
  });

  it("does not follow to another address with its tokens", async () => {
    await using other = await stub(answer(200, {}));
    await using server = await stub(answer(307, {}, { location: `${other.url}/stolen` }));
    const { it, results, told, opened } = notifier([hook(server)]);
    opened();
    await vi.waitFor(() => expect(results).toEqual(["failed"]));
    expect([other.received, told()[0]]).toEqual([
      [],
      expect.stringContaining("redirects to another address (307)"),
    ]);
    await it.close();
  });

  it("is one for all that a pass brings", async () => {
    await using server = await stub(answer(200, {}));
    const { it, results } = notifier([hook(server)]);
    it.transitions?.(
      news({ opened: ["a", "b", "c", "d"].map((name) => route(`${name}.example.com`)) }),
      NOW,
    );
    it.transitions?.(news(), NOW);
    await vi.waitFor(() => expect(results).toEqual(["ok"]));
    expect(titles(server)).toEqual(["cfauth: 4 routes opened"]);
    await it.close();
  });
});

describe("a service that is down", () => {
  it("is told of once, and once when it takes messages again, without its address", async () => {
    await using server = await stub(answer(500, {}), answer(500, {}), answer(200, {}));
    const { it, lines, told, results, opened } = notifier([hook(server)], {
      patience: { tries: 1 },
    });
    for (const expected of [1, 2, 3]) {
      opened();
      await vi.waitFor(() => expect(results).toHaveLength(expected));
    }
    expect(told()).toEqual([
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
      name: "has a name that nobody knows",
      url: `https://cfauth.invalid/webhook/${SECRET}`,
      why: "no answer (E",
    },
    { name: "cuts the line", reply: cut, why: "no answer (ECONNRESET)" },
    { name: "never answers", reply: () => {}, why: "no answer in time" },
  ])("and $name says so without its address", async ({ url, reply, why }) => {
    await using server = await stub(reply ?? cut);
    const { it, lines, opened } = notifier([url ?? hook(server)], {
      patience: { tries: 1, timeoutMs: 100 },
    });
    opened();
    await vi.waitFor(() => expect(lines.join("")).toContain(why), 5_000);
    expect(lines.join("")).not.toMatch(/topic|webhook/);
    await it.close();
  });

  it("holds up no other one, and gives up the oldest of too many messages", async () => {
    await using down = await stub(() => {});
    await using up = await stub(answer(200, {}));
    const { it, told, opened } = notifier([hook(down), hook(up)], {
      patience: { timeoutMs: 60_000 },
    });
    for (let message = 0; message < 15; message++) opened(`r${message}`);
    await vi.waitFor(() => expect(up.received).toHaveLength(15));
    for (let message = 15; message < 30; message++) opened(`r${message}`);
    await vi.waitFor(() => expect(up.received).toHaveLength(30));
    expect([titles(up).at(-1), down.received.length]).toEqual([
      "cfauth: r29.example.com is open",
      1,
    ]);
    expect(told()).toEqual([
      expect.stringContaining(`${new URL(down.url).host} | too many messages are waiting`),
    ]);
    await it.close();
  });

  it("holds up the end of the daemon for a second at most", async () => {
    await using down = await stub(() => {});
    const { it, opened } = notifier([hook(down)], { patience: { timeoutMs: 60_000 } });
    opened();
    opened();
    const begun = performance.now();
    await it.close();
    expect(performance.now() - begun).toBeLessThan(1_500);
  });
});

describe("as time goes by", () => {
  afterEach(() => void vi.useRealTimers());

  it("a problem that lasts is told though nothing else happens, and nothing is left behind", async () => {
    vi.useFakeTimers({ now: NOW, toFake: ["setTimeout", "clearTimeout", "Date"] });
    await using server = await stub(answer(200, {}));
    const { it, results } = notifier([hook(server)]);
    it.transitions?.(news({ problems: [problem()] }), NOW);
    vi.advanceTimersByTime(59_000);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(1_000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(results).toEqual(["ok"]));
    expect(titles(server)).toEqual(["cfauth: problem with photos.example.com"]);
    await it.close();
  });

  it("what waits to be told is forgotten at the end", async () => {
    vi.useFakeTimers({ now: NOW, toFake: ["setTimeout", "clearTimeout", "Date"] });
    const { it } = notifier(["http://127.0.0.1:1/x"]);
    it.transitions?.(news({ problems: [problem()] }), NOW);
    const closed = it.close();
    expect(vi.getTimerCount()).toBe(0);
    await closed;
  });
});

it("without any service nothing is sent and nothing is waited for", async () => {
  const { it, lines, opened } = notifier([]);
  opened();
  await it.close();
  expect(lines).toEqual([]);
});

describe("a test", () => {
  it("answers for each service whether it was taken, by a name that gives nothing away", async () => {
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
