import { describe, expect, it } from "vitest";
import { createDocker } from "../../../../src/clients/docker/docker.ts";
import { parseOwner } from "../../../../src/core/domain/owner.ts";
import { ServiceError } from "../../../../src/core/errors.ts";
import { createDockerSource } from "../../../../src/sources/docker/source.ts";
import { ownerFromEngine } from "../../../../src/sources/owner.ts";
import { type Ground, hear, sourceContract } from "../../../support/source-contract.ts";
import { until } from "../../../support/until.ts";
import { listed } from "../../../unit/sources/docker/listed.ts";
import { event, type FakeEngine, fakeEngine } from "./engine.ts";

const silent = { debug: () => {} };

const sourceOf = ({ path }: FakeEngine, subscribeMs = 200) =>
  createDockerSource({
    docker: createDocker({ kind: "socket", path }, { timeoutMs: 500, subscribeMs }),
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

/** An engine whose containers are started and stopped by the test. */
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

sourceContract("an engine made of a few lines", ground);

describe("a list that could not be read whole", () => {
  it.each([
    { what: "is cut short", body: JSON.stringify([listed()]).slice(0, -1) },
    { what: "is a page of something else", body: "<html>Welcome to nginx!</html>" },
    { what: "is no list", body: {} },
    { what: "has a container without a name", body: [listed(), listed({ Names: [] })] },
    {
      what: "has labels that are not texts",
      body: [{ ...listed(), Labels: { "cfauth.port": 80 } }],
    },
    { what: "says nothing of networks", body: [{ ...listed(), NetworkSettings: undefined }] },
  ])("because it $what is a fault, never an empty list", async ({ body }) => {
    await using engine = await fakeEngine();
    answer(engine, "/containers/json", 200, body);
    expect(await fault(sourceOf(engine).list())).toMatchObject({
      service: "docker",
      code: "CFA-DOCKER-UNREACHABLE",
      transient: true,
    });
  });

  it("because the engine fell silent in the middle is a fault", async () => {
    await using engine = await fakeEngine();
    engine.on("/containers/json", (_request, response) => response.writeHead(200).write("["));
    expect(await fault(sourceOf(engine).list())).toMatchObject({
      code: "CFA-DOCKER-UNREACHABLE",
      transient: true,
    });
  });

  it("because the connection broke in the middle is a fault", async () => {
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

  it("because the engine has an error of its own is a fault that passes", async () => {
    await using engine = await fakeEngine();
    answer(engine, "/containers/json", 500, { message: "oops" });
    expect(await fault(sourceOf(engine).list())).toMatchObject({
      code: "CFA-DOCKER-UNREACHABLE",
      status: 500,
      transient: true,
    });
  });

  it("because a proxy refuses it names the path to allow", async () => {
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

  it("because there is no socket says where it was looked for", async () => {
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
  it("are asked for by name, so that signals and health probes wake nobody", async () => {
    await using engine = await fakeEngine();
    await using heard = hear(sourceOf(engine));
    await heard.watch.ready;
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
    await using heard = hear(sourceOf(engine));
    await heard.watch.ready;
    for (const chunk of chunks) engine.send(chunk);
    await until(() => heard.changes() > 0, "a change was told of");
    expect(heard.states).toEqual([true]);
    expect(engine.streams.size).toBe(1);
  });

  it.each(["ended", "reset"] as const)(
    "are followed further when the stream is %s, and what was missed meanwhile is looked at",
    async (how) => {
      await using engine = await fakeEngine();
      await using heard = hear(sourceOf(engine));
      await heard.watch.ready;
      expect(heard.changes()).toBe(0);
      engine.cut(how);
      await until(
        () => heard.changes() === 1 && engine.streams.size === 1,
        "the stream is open again",
      );
      engine.send(event("start"));
      await until(() => heard.changes() === 2, "an event on the new stream was heard");
      expect(heard.states).toEqual([true]);
    },
  );

  it("are followed again when the engine was away, which is told once", async () => {
    await using engine = await fakeEngine();
    await using heard = hear(sourceOf(engine));
    await heard.watch.ready;
    await engine.stop();
    await until(() => heard.states.length === 2, "the loss was told of");
    const tried = engine.asked.length;
    await engine.start();
    await until(() => heard.states.length === 3, "the return was told of");
    expect(heard.states).toEqual([true, false, true]);
    expect(heard.faults).toMatchObject([{ code: "CFA-DOCKER-UNREACHABLE" }]);
    expect(heard.changes()).toBeGreaterThan(0);
    expect(engine.asked.length).toBeGreaterThan(tried);
  });

  it("that cannot be had at first are had later, and until then nobody is told that all is ready", async () => {
    await using engine = await fakeEngine();
    await engine.stop();
    await using heard = hear(sourceOf(engine));
    let ready = false;
    void heard.watch.ready.then(() => {
      ready = true;
    });
    await until(() => heard.states.length === 1, "the failure was told of");
    expect({ ready, states: heard.states }).toEqual({ ready: false, states: [false] });
    await engine.start();
    await until(() => ready, "the watch is ready");
    await until(() => heard.changes() > 0, "a look was asked for");
  });

  it("that a proxy refuses are asked for again and again, with the reason told once", async () => {
    await using engine = await fakeEngine();
    answer(engine, "/events", 403, "no");
    await using heard = hear(sourceOf(engine));
    await until(() => engine.asked.length > 3, "it was tried several times");
    expect(heard.states).toEqual([false]);
    expect(heard.faults).toMatchObject([
      {
        code: "CFA-DOCKER-PROXY",
        fix: "allow GET /events in the socket proxy, in addition to /containers/json and /info",
      },
    ]);
  });

  it("of an engine that takes the request and never answers are given up, and asked for again", async () => {
    await using engine = await fakeEngine();
    engine.on("/events", () => {});
    await using heard = hear(sourceOf(engine, 20));
    await until(() => engine.asked.length > 1 && heard.states.length > 0, "it was tried again");
    expect(heard.faults).toMatchObject([{ code: "CFA-DOCKER-UNREACHABLE" }]);
  });

  it("end at once when they are no longer wanted, open or not", async () => {
    await using engine = await fakeEngine();
    const open = hear(sourceOf(engine));
    await open.watch.ready;
    await open.watch.close();
    await until(() => engine.streams.size === 0, "the stream is closed");
    engine.on("/events", () => {});
    const waiting = hear(sourceOf(engine, 60_000));
    await until(() => engine.asked.length === 2, "the second one has asked");
    await waiting.watch.close();
    expect(waiting.states).toEqual([]);
  });
});

describe("the owner's name", () => {
  it("is always the same for one engine, another one for another, and short enough to be written on everything", () => {
    expect(ownerFromEngine("ABCD:EFGH")).toBe(ownerFromEngine("ABCD:EFGH"));
    expect(ownerFromEngine("ABCD:EFGH")).not.toBe(ownerFromEngine("ABCD:EFGI"));
    expect(ownerFromEngine("b1946ac9-2f3e-4f1c-8b5e-1f2d3c4b5a69")).toMatch(/^host-[0-9a-f]{8}$/);
    expect(parseOwner(ownerFromEngine("x"))).toBeDefined();
  });

  it("is not made of an id that the engine makes up anew each time, as Podman does", async () => {
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

it("nothing but GET ever reaches the engine", async () => {
  await using engine = await fakeEngine();
  answer(engine, "/containers/json", 200, []);
  answer(engine, "/info", 200, { ID: "A", ServerVersion: "28" });
  const source = sourceOf(engine);
  await using heard = hear(source);
  await heard.watch.ready;
  await source.list();
  await source.identity();
  expect(engine.asked.map((line) => line.split("?")[0])).toEqual([
    "GET /events",
    "GET /containers/json",
    "GET /info",
    "GET /info",
  ]);
});
