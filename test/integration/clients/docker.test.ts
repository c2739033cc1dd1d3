import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import type { CallReport } from "../../../src/clients/call-report.ts";
import { createDocker } from "../../../src/clients/docker/docker.ts";
import { throwDockerError } from "../../../src/clients/docker/errors.ts";
import { ServiceError } from "../../../src/core/errors.ts";
import { fakeEngine } from "../sources/docker/engine.ts";

const SOCKET = { kind: "socket", path: "/var/run/docker.sock" } as const;

function faultOf(
  error: unknown,
  address: Parameters<typeof throwDockerError>[0]["address"],
  gids = [65_532],
): ServiceError {
  try {
    return throwDockerError(
      { address, path: "/containers/json", user: { uid: 65_532, gids } },
      error,
    );
  } catch (fault) {
    if (fault instanceof ServiceError) return fault;
    throw fault;
  }
}

describe("a socket that cfauth may not open", () => {
  const refused = Object.assign(new Error("connect EACCES"), { code: "EACCES" });

  it("the error for a denied socket names its group, cfauth's user and the line to add", async () => {
    await using engine = await fakeEngine();
    const { stat } = await import("node:fs/promises");
    const { gid } = await stat(engine.path);
    const fault = faultOf(refused, { kind: "socket", path: engine.path });
    expect(fault).toMatchObject({
      code: "CFA-DOCKER-DENIED",
      transient: false,
      fix: `add group_add: ["${gid}"] to cfauth in compose.yaml, or use a socket proxy`,
    });
    expect(fault.message).toBe(
      `not allowed to open unix://${engine.path}: it belongs to group ${gid}, and cfauth runs as user 65532 with groups 65532`,
    );
  });

  it("the error for a denied socket whose group is not visible says how to find the group", () => {
    expect(faultOf(refused, { kind: "socket", path: "/nowhere/docker.sock" }, []).message).toBe(
      "not allowed to open unix:///nowhere/docker.sock: cfauth runs as user 65532 with no groups",
    );
  });
});

describe("an engine that does not run", () => {
  it("the error for an unreachable socket says what may be missing in the container", () => {
    expect(faultOf(Object.assign(new Error("x"), { code: "ECONNREFUSED" }), SOCKET).fix).toContain(
      "/var/run/docker.sock is mounted",
    );
  });

  it("the error for an unreachable address names the setting that leads to it", () => {
    const fault = faultOf(Object.assign(new Error("x"), { code: "ENOTFOUND" }), {
      kind: "tcp",
      host: "socket-proxy",
      port: 2375,
      tls: undefined,
    });
    expect(fault).toMatchObject({
      message:
        "Docker does not answer at tcp://socket-proxy:2375 (ENOTFOUND); nothing is torn down",
      transient: true,
    });
    expect(fault.fix).toContain("DOCKER_HOST");
  });
});

it("the Docker client uses the given address whatever the environment says", async () => {
  const server = createServer((request, response) =>
    response.end(JSON.stringify({ asked: request.url })),
  );
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  process.env["DOCKER_HOST"] = "tcp://127.0.0.1:1";
  try {
    const asked = z.object({ asked: z.string() });
    expect(
      await createDocker({ kind: "tcp", host: "127.0.0.1", port, tls: undefined }).info(asked),
    ).toEqual({ asked: "/info" });
    await using engine = await fakeEngine();
    engine.on("/info", (request, response) =>
      response.end(JSON.stringify({ asked: `socket ${request.url}` })),
    );
    expect(await createDocker({ kind: "socket", path: engine.path }).info(asked)).toEqual({
      asked: "socket /info",
    });
  } finally {
    delete process.env["DOCKER_HOST"];
    server.close();
  }
});

it("every request to Docker is reported, answered or not", async () => {
  await using engine = await fakeEngine();
  const reports: CallReport[] = [];
  const docker = createDocker(
    { kind: "socket", path: engine.path },
    { onCall: (report) => reports.push(report) },
  );
  engine.on("/info", (_request, response) => response.end("{}"));
  await docker.info(z.object({}));
  engine.on("/containers/json", (_request, response) => response.writeHead(403).end());
  await docker.containers(z.unknown()).catch(() => {});
  const stop = new AbortController();
  (await docker.events({}, 0, stop.signal)).on("error", () => {});
  stop.abort();
  await engine.stop();
  await docker.info(z.object({})).catch(() => {});
  await engine.start();
  expect(reports.map(({ ms: _, ...rest }) => rest)).toEqual([
    { method: "GET", operation: "info", status: 200 },
    { method: "GET", operation: "containers/json", status: 403 },
    { method: "GET", operation: "events", status: 200 },
    { method: "GET", operation: "info", status: undefined },
  ]);
});
