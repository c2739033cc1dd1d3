import { describe, expect, it } from "vitest";
import { probe } from "./probe.ts";
import { edge, HOST } from "./testing/edge.ts";
import { originStub } from "./testing/origin-stub.ts";
import { record } from "./testing/world.ts";

describe("names", () => {
  it.each([
    { name: "without a record", names: [] },
    { name: "with a record that is not proxied", names: [record(HOST, { proxied: false })] },
    {
      name: "with a record that leads elsewhere",
      names: [record(HOST, { content: "example.net" })],
    },
    {
      name: "with its own address below a wildcard",
      names: ["*.example.com", record(HOST, { type: "A", content: "192.0.2.1" })],
    },
  ])("a name $name gets an origin DNS error", async ({ names }) => {
    await using front = await edge({ names, rules: [] });
    expect(await probe(front.port, HOST)).toMatchObject({
      status: 530,
      body: expect.stringContaining("1016 Origin DNS error"),
    });
    expect(front.seen).toEqual([
      { host: HOST, path: "/", method: "GET", decision: "no-dns", status: 530 },
    ]);
  });

  it("a name below a wildcard record reaches the tunnel, at any depth", async () => {
    await using origin = await originStub();
    await using front = await edge({
      names: ["*.example.com"],
      rules: [{ hostname: "*.example.com", service: origin.service }],
    });
    expect((await probe(front.port, "a.b.example.com")).status).toBe(200);
  });

  it("a name of a tunnel without a configuration gets a tunnel error", async () => {
    await using front = await edge({ names: [HOST] });
    expect(await probe(front.port, HOST)).toMatchObject({
      status: 530,
      body: expect.stringContaining("1033"),
    });
    expect(front.seen[0]?.decision).toBe("no-tunnel");
  });

  it("a name without an application is open", async () => {
    await using origin = await originStub();
    await using front = await edge({
      names: [HOST],
      rules: [{ hostname: HOST, service: origin.service }],
    });
    expect((await probe(front.port, HOST)).body).toBe("hello from the origin");
    expect(front.seen[0]).toMatchObject({ decision: "origin", access: "open", status: 200 });
    expect(origin.asked[0]?.headers["cf-access-jwt-assertion"]).toBeUndefined();
  });

  it("a malformed request is refused", async () => {
    await using front = await edge({ names: [HOST], rules: [] });
    expect((await probe(front.port, HOST, "http://app.example.com/")).status).toBe(400);
    expect((await probe(front.port, HOST, "/%zz")).status).toBe(400);
  });
});

describe("direct hosts", () => {
  it("a direct host is served without the tunnel, under its own name", async () => {
    await using origin = await originStub();
    await using front = await edge(
      {},
      { directHosts: { "auth.example.com": `http://localhost:${origin.port}` } },
    );
    expect((await probe(front.port, "auth.example.com", "/x")).status).toBe(200);
    expect(origin.asked[0]).toMatchObject({
      target: "/x",
      headers: { host: `auth.example.com:${front.port}` },
    });
    expect(front.seen[0]?.decision).toBe("direct");
  });

  it("a direct host may be a listener, and may be added later", async () => {
    await using front = await edge({});
    await front.addDirectHost("auth.example.com", (_req, res) => res.end("hello"));
    expect((await probe(front.port, "auth.example.com")).body).toBe("hello");
  });
});

it("every page of the edge says that it is from the sandbox", async () => {
  await using front = await edge({});
  const { body } = await probe(front.port, "<b>.example.com");
  expect(body).toContain("<title>1016 Origin DNS error · sandbox</title>");
  expect(body.match(/<h1>/g)).toHaveLength(1);
  expect(body).not.toContain("<b>");
});

it("a closed edge answers no request", async () => {
  const front = await edge({});
  await front.close();
  await expect(probe(front.port, HOST)).rejects.toThrow();
});
