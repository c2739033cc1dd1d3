import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { healthcheck } from "../../../../src/cli/commands/healthcheck.ts";
import { settledWithin } from "../../../support/settled-within.ts";

/** A daemon whose health endpoint answers with this status, or not at all if it is undefined. */
async function daemon(
  host: string,
  status: number | undefined,
): Promise<{ readonly port: number } & AsyncDisposable> {
  const server: Server = createServer((request, response) => {
    if (status !== undefined)
      response.writeHead(request.url === "/healthz" ? status : 404).end("{}");
  });
  await new Promise<void>((listening) => server.listen(0, host, listening));
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe("the health check in the image", () => {
  it.each([
    { host: "127.0.0.1", at: "127.0.0.1" },
    { host: "::1", at: "[::1]" },
    { host: "::", at: "127.0.0.1" },
  ])("the health check finds a daemon that listens on $host", async ({ host, at }) => {
    await using well = await daemon(host, 200);
    expect(await healthcheck(`http://${at}:${well.port}`)).toBe(0);
  });

  it("the health check fails if the daemon reports that it is unhealthy", async () => {
    await using ill = await daemon("127.0.0.1", 503);
    expect(await healthcheck(`http://127.0.0.1:${ill.port}`)).toBe(1);
  });

  it("the health check does not wait forever for a daemon that hangs", async () => {
    await using stuck = await daemon("127.0.0.1", undefined);
    const check = healthcheck(`http://127.0.0.1:${stuck.port}`);
    expect(await settledWithin(check, 6_000)).toBe(true);
    expect(await check).toBe(1);
  });

  it("the health check fails if nothing listens or the address is invalid", async () => {
    await using gone = await daemon("127.0.0.1", 200);
    await gone[Symbol.asyncDispose]();
    expect(await healthcheck(`http://127.0.0.1:${gone.port}`)).toBe(1);
    expect(await healthcheck("nonsense")).toBe(1);
  });
});
