import { describe, expect, it } from "vitest";
import { probe } from "../probe.ts";
import { AS_MACHINE, edge, everyone, guarded, HOST, machineApp } from "../testing/edge.ts";
import { originStub } from "../testing/origin-stub.ts";
import { application, policy, serviceToken, type World } from "../testing/world.ts";

describe("the gate", () => {
  it("Access sends a stranger to the team's login page", async () => {
    const policies = [policy("p", "allow", everyone)];
    await using origin = await originStub();
    await using front = await edge({
      names: [HOST],
      rules: [{ hostname: HOST, service: origin.service }],
      policies,
      apps: [application(HOST, policies)],
    });
    const { status, headers } = await probe(front.port, HOST, "/a/../b?c=d");
    const to = new URL(headers.location ?? "");
    expect([status, to.host, to.pathname]).toEqual([
      302,
      `acme.cloudflareaccess.localhost:${front.port}`,
      `/cdn-cgi/access/login/${HOST}`,
    ]);
    expect([...to.searchParams]).toEqual([
      ["kid", `aud-${HOST}`],
      ["redirect_url", "/a/../b?c=d"],
    ]);
    expect(front.seen[0]).toMatchObject({ decision: "login", application: HOST });
    expect(origin.asked).toEqual([]);
  });

  it("Access lets everyone pass a bypass policy, without a token", async () => {
    const policies = [policy("p", "bypass", everyone)];
    await using origin = await originStub();
    await using front = await edge({
      names: [HOST],
      rules: [{ hostname: HOST, service: origin.service }],
      policies,
      apps: [application(HOST, policies)],
    });
    expect((await probe(front.port, HOST)).status).toBe(200);
    expect(front.seen[0]).toMatchObject({ decision: "origin", access: "bypass" });
    expect(origin.asked[0]?.headers["cf-access-jwt-assertion"]).toBeUndefined();
  });

  it("Access opens only the path of a bypass application", async () => {
    const [open, closed] = [
      policy("open", "bypass", everyone),
      policy("closed", "allow", everyone),
    ];
    const apps = [application(HOST, [closed]), application(`${HOST}/hooks`, [open])];
    await using origin = await originStub();
    await using front = await edge({
      names: [HOST],
      rules: [{ hostname: HOST, service: origin.service }],
      apps,
      policies: [open, closed],
    });
    const statuses = await Promise.all(
      ["/hooks", "/hooks/x", "/hooksy", "/"].map(
        async (path) => (await probe(front.port, HOST, path)).status,
      ),
    );
    expect(statuses).toEqual([200, 200, 302, 302]);
  });

  it("Access resolves a path with .. only if it cleans paths", async () => {
    const [open, closed] = [
      policy("open", "bypass", everyone),
      policy("closed", "allow", everyone),
    ];
    const stands = (service: string): World => ({
      names: [HOST],
      rules: [{ hostname: HOST, service }],
      policies: [open, closed],
      apps: [application(HOST, [closed]), application(`${HOST}/hooks`, [open])],
    });
    await using origin = await originStub();
    await using plain = await edge(stands(origin.service));
    await using cleaning = await edge(stands(origin.service), { cleansPaths: { access: true } });
    expect((await probe(plain.port, HOST, "/hooks/%2e%2e/admin")).status).toBe(200);
    expect((await probe(cleaning.port, HOST, "/hooks/%2e%2e/admin")).status).toBe(302);
  });

  it("Access adds a token without an e-mail to the request of a service token", async () => {
    await using origin = await originStub();
    await using front = await edge({
      ...machineApp(HOST),
      rules: [{ hostname: HOST, service: origin.service, ...guarded(`aud-${HOST}`) }],
    });
    expect((await probe(front.port, HOST, "/", { headers: AS_MACHINE })).status).toBe(200);
    expect(front.seen[0]).toMatchObject({ decision: "origin", access: "passed" });
    const [, payload = ""] = String(origin.asked[0]?.headers["cf-access-jwt-assertion"]).split(".");
    expect(JSON.parse(Buffer.from(payload, "base64url").toString())).toMatchObject({
      aud: [`aud-${HOST}`],
      common_name: "machine.access",
      sub: "",
    });
    expect(origin.asked[0]?.headers["cf-access-client-secret"]).toBeUndefined();
  });

  it("Access sends a service token with a wrong secret to the login", async () => {
    await using front = await edge({ ...machineApp(HOST), rules: [] });
    expect(
      (
        await probe(front.port, HOST, "/", {
          headers: { ...AS_MACHINE, "CF-Access-Client-Secret": "guess" },
        })
      ).status,
    ).toBe(302);
  });

  it.each([
    {
      name: "that has expired",
      token: serviceToken("machine", { expires_at: "2026-01-01T00:00:00Z" }),
    },
    { name: "that has been deleted", token: undefined },
  ])("Access sends a service token $name to the login", async ({ token }) => {
    await using front = await edge({
      ...machineApp(HOST),
      rules: [],
      serviceTokens: token ? [token] : [],
    });
    expect((await probe(front.port, HOST, "/", { headers: AS_MACHINE })).status).toBe(302);
  });

  it.each<{ name: string; revocation: "logins" | "service-tokens-too"; status: number }>([
    {
      name: "still admits service tokens after a revocation of logins",
      revocation: "logins",
      status: 404,
    },
    {
      name: "locks out service tokens if a revocation includes them",
      revocation: "service-tokens-too",
      status: 302,
    },
  ])("Access $name", async ({ revocation, status }) => {
    await using front = await edge({ ...machineApp(HOST), rules: [] }, { revocation });
    front.revoke("aud-of-another");
    expect((await probe(front.port, HOST, "/", { headers: AS_MACHINE })).status).toBe(404);
    front.revoke(`aud-${HOST}`);
    expect((await probe(front.port, HOST, "/", { headers: AS_MACHINE })).status).toBe(status);
  });

  it("Access fails a request whose policy the sandbox cannot judge", async () => {
    const policies = [policy("p", "bypass", [{ geo: { country_code: "PT" } }])];
    await using front = await edge({
      names: [HOST],
      rules: [],
      policies,
      apps: [application(HOST, policies)],
    });
    expect(await probe(front.port, HOST)).toMatchObject({
      status: 500,
      body: expect.stringContaining("geo"),
    });
    expect(front.seen[0]?.decision).toBe("fault");
  });
});
