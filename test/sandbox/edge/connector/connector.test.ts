import { describe, expect, it } from "vitest";
import type { IngressRule } from "../../cloudflare/state.ts";
import { probe } from "../probe.ts";
import { AS_MACHINE, edge, everyone, guarded, HOST, machineApp } from "../testing/edge.ts";
import { originStub } from "../testing/origin-stub.ts";
import { shake } from "../testing/shake.ts";
import { application, policy, type World, world } from "../testing/world.ts";

describe("the connector", () => {
  const through = (service: string, over: Partial<IngressRule> = {}): World => ({
    names: [HOST],
    rules: [{ hostname: HOST, service, ...over }],
  });

  it("cloudflared refuses a request without an application if the rule requires a token", async () => {
    await using origin = await originStub();
    await using front = await edge(through(origin.service, guarded("aud")));
    expect((await probe(front.port, HOST)).status).toBe(403);
    expect(front.seen[0]).toMatchObject({ decision: "refused-by-connector", access: "open" });
    expect(origin.asked).toEqual([]);
  });

  it("cloudflared refuses a request past a bypass policy if the rule requires a token", async () => {
    const policies = [policy("p", "bypass", everyone)];
    await using front = await edge({
      ...through("http://localhost:9", guarded("aud")),
      policies,
      apps: [application(HOST, policies)],
    });
    expect((await probe(front.port, HOST)).status).toBe(403);
  });

  it("cloudflared refuses the token of another application", async () => {
    await using front = await edge({
      ...machineApp(HOST),
      rules: [{ hostname: HOST, service: "http://localhost:9", ...guarded("other") }],
    });
    expect((await probe(front.port, HOST, "/", { headers: AS_MACHINE })).status).toBe(403);
  });

  it("cloudflared answers 502 if the rule requires another team", async () => {
    const originRequest = { access: { required: true, teamName: "Acme", audTag: [`aud-${HOST}`] } };
    await using front = await edge({
      ...machineApp(HOST),
      rules: [{ hostname: HOST, service: "http://localhost:9", originRequest }],
    });
    expect((await probe(front.port, HOST, "/", { headers: AS_MACHINE })).status).toBe(502);
    expect(front.seen[0]?.decision).toBe("refused-by-connector");
  });

  it("cloudflared also requires the token on http_status rules and WebSockets", async () => {
    await using origin = await originStub();
    await using front = await edge({
      names: [HOST, "b.example.com"],
      rules: [
        { hostname: HOST, service: "http_status:200", ...guarded("a") },
        { hostname: "b.example.com", service: origin.service, ...guarded("a") },
      ],
    });
    expect((await probe(front.port, HOST)).status).toBe(403);
    expect(await shake(front.port, "b.example.com")).toContain("HTTP/1.1 403");
    expect(origin.asked).toEqual([]);
  });

  it("cloudflared trusts no token that a client sends", async () => {
    await using origin = await originStub();
    await using front = await edge({
      ...machineApp(HOST),
      rules: [{ hostname: HOST, service: origin.service, ...guarded(`aud-${HOST}`) }],
    });
    await probe(front.port, HOST, "/", { headers: AS_MACHINE });
    const jwt = String(origin.asked[0]?.headers["cf-access-jwt-assertion"]);
    await using open = await edge(through(origin.service, guarded(`aud-${HOST}`)));
    expect(
      (await probe(open.port, HOST, "/", { headers: { "Cf-Access-Jwt-Assertion": jwt } })).status,
    ).toBe(403);
    expect((await probe(open.port, HOST, "/", { cookie: `CF_Authorization=${jwt}` })).status).toBe(
      403,
    );
  });

  it.each([
    { name: "an http_status rule", service: "http_status:418", status: 418 },
    { name: "the test page", service: "hello_world", status: 200 },
    { name: "an unknown host", service: "http://nobody:80", status: 502 },
    { name: "a port on which nothing listens", service: "http://localhost:9", status: 502 },
    { name: "an impossible port", service: "http://localhost:99999", status: 502 },
    {
      name: "a kind of service that the sandbox does not simulate",
      service: "ssh://localhost:22",
      status: 502,
    },
  ])("cloudflared answers $status for $name", async ({ service, status }) => {
    await using front = await edge(through(service));
    expect((await probe(front.port, HOST)).status).toBe(status);
    expect(front.seen[0]).toMatchObject({ decision: "connector", status });
  });

  it("cloudflared answers 404 from the catch-all and 503 without any rule", async () => {
    await using front = await edge({ names: [HOST], rules: [] });
    expect((await probe(front.port, HOST)).status).toBe(404);
    const none = new Map(
      [...world({ rules: [] }).configurations].map(([id, one]) => [
        id,
        { ...one, config: { ingress: [] } },
      ]),
    );
    await using empty = await edge(
      {},
      { view: () => ({ ...world({ names: [HOST] }), configurations: none }) },
    );
    expect((await probe(empty.port, HOST)).status).toBe(503);
  });

  it("cloudflared keeps the old configuration and reports it if the new one is invalid", async () => {
    let stands = through("http_status:201");
    await using front = await edge({}, { view: () => world(stands) });
    expect((await probe(front.port, HOST)).status).toBe(201);
    stands = {
      ...through("http_status:202", { originRequest: { connectTimeout: "30s" } }),
      version: 2,
    };
    expect((await probe(front.port, HOST)).status).toBe(201);
    expect(front.refusals).toEqual(["connectTimeout is no whole number"]);
    stands = { ...through("http_status:203"), version: 3 };
    expect((await probe(front.port, HOST)).status).toBe(203);
  });

  it("cloudflared ignores a configuration that is not newer", async () => {
    let stands = through("http_status:201");
    await using front = await edge({}, { view: () => world(stands) });
    await probe(front.port, HOST);
    stands = through("http_status:202");
    expect((await probe(front.port, HOST)).status).toBe(201);
  });

  it("cloudflared resolves a path with .. before matching only in the release that cleaned paths", async () => {
    const rules = [{ hostname: HOST, path: "^/hooks(/|$)", service: "http_status:201" }];
    await using plain = await edge({ names: [HOST], rules });
    await using cleaning = await edge(
      { names: [HOST], rules },
      { cleansPaths: { connector: true } },
    );
    expect((await probe(plain.port, HOST, "/hooks/../admin")).status).toBe(201);
    expect((await probe(cleaning.port, HOST, "/hooks/../admin")).status).toBe(404);
  });

  it("cloudflared waits longer for an answer than the connect timeout", async () => {
    await using origin = await originStub((_, res) => void setTimeout(() => res.end(), 1_100));
    await using front = await edge(
      through(origin.service, { originRequest: { connectTimeout: 1 } }),
    );
    expect((await probe(front.port, HOST)).status).toBe(200);
  });
});
