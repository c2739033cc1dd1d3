import { describe, expect, it } from "vitest";
import { createDocker } from "../../../../src/clients/docker/docker.ts";
import { parseOwner } from "../../../../src/core/domain/owner.ts";
import { ServiceError } from "../../../../src/core/errors.ts";
import { createDockerSource } from "../../../../src/sources/docker/source.ts";
import { ownerFromEngine } from "../../../../src/sources/owner.ts";
import { type Ground, recordWatch, sourceContract } from "../../../support/source-contract.ts";
import { until } from "../../../support/until.ts";
import { listed } from "../../../unit/sources/docker/listed.ts";
import { event, type FakeEngine, fakeEngine } from "./engine.ts";

interface DockerTimeouts {
  readonly timeoutMs?: number;
  readonly subscribeMs?: number;
}

const silent = { debug: () => {} };

/** The timeouts are long unless a test waits for them. Milliseconds. */
const sourceOf = (
  { path }: FakeEngine,
  { timeoutMs = 60_000, subscribeMs = 60_000 }: DockerTimeouts = {},
) =>
  createDockerSource({
    docker: createDocker({ kind: "socket", path }, { timeoutMs, subscribeMs }),
    log: silent,
    waiting: { delay: () => 5, lastedMs: 0 },
  });

const answer = (engine: FakeEngine, path: string, status: number, body: unknown): void =>
  engine.on(path, (_request, response) =>
    response
      .writeHead(status, { "content-type": "application/json" })
      .end(typeof body === "string" ? body : JSON.stringify(body)),
  );

const fault = async (asked: Promise<unknown>): Promise<ServiceError> => {
  const error = await asked.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ServiceError)) throw new Error(`no ServiceError: ${String(error)}`);
  return error;
};

/** An engine whose containers the test starts and stops. */
async function ground(): Promise<Ground> {
  const engine = await fakeEngine();
  const running = new Map<string, Readonly<Record<string, string>>>();
  engine.on("/containers/json", (_request, response) =>
    response.end(
      JSON.stringify(
        [...running].map(([name, Labels]) =>
          listed({ Id: `id-${name}`, Names: [`/${name}`], Labels }),
        ),
      ),
    ),
  );
  answer(engine, "/info", 200, { ID: "ABCD", ServerVersion: "28.0.1" });
  return {
    source: sourceOf(engine),
    run: async (name, labels) => {
      running.set(name, labels);
      engine.send(event("start"));
      return name;
    },
    stop: async (name) => {
      running.delete(name);
      engine.send(event("die"));
    },
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  };
}

sourceContract("a minimal fake engine", ground);

describe("a list that could not be read completely", () => {
  it.each([
    { what: "is truncated", body: JSON.stringify([listed()]).slice(0, -1) },
    { what: "is a page of something else", body: "<html>Welcome to nginx!</html>" },
    { what: "is not a list", body: {} },
    { what: "has a container without a name", body: [listed(), listed({ Names: [] })] },
    {
      what: "has labels that are not strings",
      body: [{ ...listed(), Labels: { "cfauth.port": 80 } }],
    },
    { what: "does not contain networks", body: [{ ...listed(), NetworkSettings: undefined }] },
  ])("a list of containers that $what is an error and never an empty list", async ({ body }) => {
    await using engine = await fakeEngine();
    answer(engine, "/containers/json", 200, body);
    expect(await fault(sourceOf(engine).list())).toMatchObject({
      service: "docker",
      code: "CFA-DOCKER-UNREACHABLE",
      transient: true,
    });
  });

  it("a list that stops in the middle because the engine hangs is an error", async () => {
    await using engine = await fakeEngine();
    engine.on("/containers/json", (_request, response) => response.writeHead(200).write("["));
    expect(await fault(sourceOf(engine, { timeoutMs: 500 }).list())).toMatchObject({
      code: "CFA-DOCKER-UNREACHABLE",
      transient: true,
    });
  });

  it("a list that stops in the middle because the connection broke is an error", async () => {
    await using engine = await fakeEngine();
    engine.on("/containers/json", (_request, response) => {
      response.writeHead(200, { "content-length": 1_000 }).write("[");
      setTimeout(() => response.destroy(), 10);
    });
    expect(await fault(sourceOf(engine).list())).toMatchObject({
      code: "CFA-DOCKER-UNREACHABLE",
      transient: true,
    });
  });

  it("a list that fails with an error of the engine is a transient error", async () => {
    await using engine = await fakeEngine();
    answer(engine, "/containers/json", 500, { message: "oops" });
    expect(await fault(sourceOf(engine).list())).toMatchObject({
      code: "CFA-DOCKER-UNREACHABLE",
      status: 500,
      transient: true,
    });
  });

  it("the error for a list that a proxy refuses names the path to allow", async () => {
    await using engine = await fakeEngine();
    answer(engine, "/containers/json", 403, "<html>403 Forbidden</html>");
    const error = await fault(sourceOf(engine).list());
    expect(error).toMatchObject({
      code: "CFA-DOCKER-PROXY",
      status: 403,
      transient: false,
      fix: "allow GET /containers/json in the socket proxy, in addition to /events and /info",
    });
    expect(error.message).toBe(
      `the socket proxy at unix://${engine.path} refuses GET /containers/json (403)`,
    );
  });

  it("the error for a missing socket says where it was expected", async () => {
    const source = createDockerSource({
      docker: createDocker({ kind: "socket", path: "/nowhere/docker.sock" }),
      log: silent,
    });
    expect(await fault(source.list())).toMatchObject({
      code: "CFA-DOCKER-UNREACHABLE",
      vendor: ["ENOENT"],
      message:
        "Docker does not answer at unix:///nowhere/docker.sock (ENOENT); nothing is torn down",
    });
  });
});

describe("events", () => {
  it("events are filtered by name, so that signals and health probes trigger no pass", async () => {
    await using engine = await fakeEngine();
    await using recorded = recordWatch(sourceOf(engine));
    await recorded.watch.ready;
    const query = new URL(`http://x${engine.asked[0]?.slice(4)}`).searchParams;
    expect(JSON.parse(query.get("filters") ?? "")).toEqual({
      type: ["container", "network"],
      event: [
        "start",
        "die",
        "rename",
        "health_status",
        "pause",
        "unpause",
        "connect",
        "disconnect",
      ],
    });
    expect(Number(query.get("since"))).toBeLessThan(Date.now() / 1_000);
  });

  it.each([
    { what: "several in one piece", chunks: [event("die") + event("start")] },
    { what: "one in two pieces", chunks: [event("start").slice(0, 20), event("start").slice(20)] },
    { what: "one that is no JSON at all", chunks: ["\u0000\u0001{{{ not an event"] },
  ])("are heard: $what", async ({ chunks }) => {
    await using engine = await fakeEngine();
    await using recorded = recordWatch(sourceOf(engine));
    await recorded.watch.ready;
    for (const chunk of chunks) engine.send(chunk);
    await until(() => recorded.changes() > 0, "a change was told of");
    expect(recorded.states).toEqual([true]);
    expect(engine.streams.size).toBe(1);
  });

  it.each(["ended", "reset"] as const)(
    "events are followed again after the stream was %s, and a pass covers what was missed",
    async (how) => {
      await using engine = await fakeEngine();
      await using recorded = recordWatch(sourceOf(engine));
      await recorded.watch.ready;
      expect(recorded.changes()).toBe(0);
      engine.cut(how);
      await until(
        () => recorded.changes() === 1 && engine.streams.size === 1,
        "the stream is open again",
      );
      engine.send(event("start"));
      await until(() => recorded.changes() === 2, "an event on the new stream was heard");
      expect(recorded.states).toEqual([true]);
    },
  );

  it("events are followed again after the engine was stopped, which is reported once", async () => {
    await using engine = await fakeEngine();
    await using recorded = recordWatch(sourceOf(engine));
    await recorded.watch.ready;
    await engine.stop();
    await until(() => recorded.states.length === 2, "the loss is reported");
    const tried = engine.asked.length;
    await engine.start();
    await until(() => recorded.states.length === 3, "the recovery is reported");
    expect(recorded.states).toEqual([true, false, true]);
    expect(recorded.faults).toMatchObject([{ code: "CFA-DOCKER-UNREACHABLE" }]);
    expect(recorded.changes()).toBeGreaterThan(0);
    expect(engine.asked.length).toBeGreaterThan(tried);
  });

  it("events that are unavailable at first are followed later, and the watch is not ready until then", async () => {
    await using engine = await fakeEngine();
    await engine.stop();
    await using recorded = recordWatch(sourceOf(engine));
    let ready = false;
    void recorded.watch.ready.then(() => {
      ready = true;
    });
    await until(() => recorded.states.length === 1, "the failure is reported");
    expect({ ready, states: recorded.states }).toEqual({ ready: false, states: [false] });
    await engine.start();
    await until(() => ready, "the watch is ready");
    await until(() => recorded.changes() > 0, "a pass is requested");
  });

  it("events that a proxy refuses are requested repeatedly, and the reason is reported once", async () => {
    await using engine = await fakeEngine();
    answer(engine, "/events", 403, "no");
    await using recorded = recordWatch(sourceOf(engine));
    await until(() => engine.asked.length > 3, "the stream was requested several times");
    expect(recorded.states).toEqual([false]);
    expect(recorded.faults).toMatchObject([
      {
        code: "CFA-DOCKER-PROXY",
        fix: "allow GET /events in the socket proxy, in addition to /containers/json and /info",
      },
    ]);
  });

  it("an event request that the engine never answers times out and is repeated", async () => {
    await using engine = await fakeEngine();
    engine.on("/events", () => {});
    await using recorded = recordWatch(sourceOf(engine, { subscribeMs: 20 }));
    await until(
      () => engine.asked.length > 1 && recorded.states.length > 0,
      "the stream was requested again",
    );
    expect(recorded.faults).toMatchObject([{ code: "CFA-DOCKER-UNREACHABLE" }]);
  });

  it("closing the watch ends the events at once, whether the stream is open or not", async () => {
    await using engine = await fakeEngine();
    const open = recordWatch(sourceOf(engine));
    await open.watch.ready;
    await open.watch.close();
    await until(() => engine.streams.size === 0, "the stream is closed");
    engine.on("/events", () => {});
    const waiting = recordWatch(sourceOf(engine));
    await until(() => engine.asked.length === 2, "the second watch has sent its request");
    await waiting.watch.close();
    expect(waiting.states).toEqual([]);
  });
});

describe("the owner's name", () => {
  it("the owner's name is stable for one engine, different for another, and short enough for every mark", () => {
    expect(ownerFromEngine("ABCD:EFGH")).toBe(ownerFromEngine("ABCD:EFGH"));
    expect(ownerFromEngine("ABCD:EFGH")).not.toBe(ownerFromEngine("ABCD:EFGI"));
    expect(ownerFromEngine("b1946ac9-2f3e-4f1c-8b5e-1f2d3c4b5a69")).toMatch(/^host-[0-9a-f]{8}$/);
    expect(parseOwner(ownerFromEngine("x"))).toBeDefined();
  });

  it("the owner's name is not derived from an engine id that changes on every request, as on Podman", async () => {
    await using engine = await fakeEngine();
    engine.on("/info", (_request, response) =>
      response.end(JSON.stringify({ ID: String(engine.asked.length), ServerVersion: "5.2.0" })),
    );
    expect(await fault(sourceOf(engine).identity())).toMatchObject({
      transient: false,
      fix: "set CFAUTH_OWNER to a name for this installation, such as home-nas",
    });
  });
});

it("only GET requests reach the engine", async () => {
  await using engine = await fakeEngine();
  answer(engine, "/containers/json", 200, []);
  answer(engine, "/info", 200, { ID: "A", ServerVersion: "28" });
  const source = sourceOf(engine);
  await using recorded = recordWatch(source);
  await recorded.watch.ready;
  await source.list();
  await source.identity();
  expect(engine.asked.map((line) => line.split("?")[0])).toEqual([
    "GET /events",
    "GET /containers/json",
    "GET /info",
    "GET /info",
  ]);
});
