import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { healthcheck } from "../../../../src/cli/commands/healthcheck.ts";

/** A daemon that answers so, or not at all. */
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
  ])("finds the daemon that listens on $host", async ({ host, at }) => {
    await using well = await daemon(host, 200);
    expect(await healthcheck(`http://${at}:${well.port}`)).toBe(0);
  });

  it("says that a daemon is not well that says so itself", async () => {
    await using ill = await daemon("127.0.0.1", 503);
    expect(await healthcheck(`http://127.0.0.1:${ill.port}`)).toBe(1);
  });

  it("does not wait for ever for one that is stuck", async () => {
    await using stuck = await daemon("127.0.0.1", undefined);
    const begun = performance.now();
    expect(await healthcheck(`http://127.0.0.1:${stuck.port}`)).toBe(1);
    expect(performance.now() - begun).toBeLessThan(6_000);
  });

  it("says that nothing is well where nothing listens, or where it cannot know", async () => {
    await using gone = await daemon("127.0.0.1", 200);
    await gone[Symbol.asyncDispose]();
    expect(await healthcheck(`http://127.0.0.1:${gone.port}`)).toBe(1);
    expect(await healthcheck("nonsense")).toBe(1);
  });
});
