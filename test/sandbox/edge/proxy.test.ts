import { describe, expect, it } from "vitest";
import { probe } from "./probe.ts";
import { edge, HOST } from "./testing/edge.ts";
import { originStub } from "./testing/origin-stub.ts";
import { shake } from "./testing/shake.ts";

describe("the proxy", () => {
  it("the origin receives the request target and the body exactly as they were sent", async () => {
    await using origin = await originStub();
    await using front = await edge({
      names: [HOST],
      rules: [{ hostname: HOST, service: origin.service }],
    });
    const target = "/a/./../b//c/%2e%2e%2f\\x/;y?q=/../%zz&r=1";
    await probe(front.port, HOST, target, { method: "POST", body: "hello" });
    expect(origin.asked[0]).toMatchObject({ method: "POST", target, body: "hello" });
  });

  it("the origin receives the public host and the visitor, and none of the headers that a client forges", async () => {
    await using origin = await originStub();
    await using front = await edge({
      names: [HOST],
      rules: [{ hostname: HOST, service: origin.service }],
    });
    const headers = {
      "X-Forwarded-For": "10.0.0.1",
      "X-Forwarded-Proto": "ftp",
      "Cf-Connecting-Ip": "10.0.0.1",
      "Cf-Access-Authenticated-User-Email": "ada@example.com",
    };
    await probe(front.port, HOST, "/", { headers, cookie: "a=b; CF_Authorization=x; c=d" });
    expect(origin.asked[0]?.headers).toMatchObject({
      host: `${HOST}:${front.port}`,
      "x-forwarded-for": "10.0.0.1, 127.0.0.1",
      "x-forwarded-proto": "http",
      "cf-connecting-ip": "127.0.0.1",
      cookie: "a=b; c=d",
    });
    expect(origin.asked[0]?.headers["cf-access-authenticated-user-email"]).toBeUndefined();
  });

  it("the origin receives httpHostHeader instead of the public host", async () => {
    await using origin = await originStub();
    await using front = await edge({
      names: [HOST],
      rules: [
        { hostname: HOST, service: origin.service, originRequest: { httpHostHeader: "inside" } },
      ],
    });
    await probe(front.port, HOST);
    expect(origin.asked[0]?.headers).toMatchObject({
      host: "inside",
      "x-forwarded-host": `${HOST}:${front.port}`,
    });
  });

  it("an answer of the origin reaches the visitor without cloudflared's own headers", async () => {
    await using origin = await originStub((_, res) =>
      res
        .writeHead(302, {
          location: "https://acme.cloudflareaccess.com/x",
          "set-cookie": ["a=1", "b=2"],
          "cf-int-x": "1",
          "cf-proxy-y": "1",
          "cf-own": "1",
        })
        .end(),
    );
    await using front = await edge({
      names: [HOST],
      rules: [{ hostname: HOST, service: origin.service }],
    });
    const { status, headers } = await probe(front.port, HOST);
    expect([
      status,
      headers["set-cookie"],
      headers["cf-own"],
      headers["cf-int-x"],
      headers["cf-proxy-y"],
    ]).toEqual([302, ["a=1", "b=2"], "1", undefined, undefined]);
    expect(headers.location).toBe(`http://acme.cloudflareaccess.localhost:${front.port}/x`);
  });

  it("the origin can use WebSockets with the visitor", async () => {
    await using origin = await originStub();
    await using front = await edge({
      names: [HOST],
      rules: [{ hostname: HOST, service: origin.service }],
    });
    expect(await shake(front.port, HOST, "ping")).toMatch(/^HTTP\/1\.1 101 [\s\S]*echo ping$/);
    expect(front.seen[0]).toMatchObject({ decision: "origin", status: 101 });
  });
});
