import { describe, expect, it } from "vitest";
import { seedApp, seedPolicy } from "./cloudflare/seed.ts";
import { probe } from "./edge/probe.ts";
import type { Seen } from "./edge/visit.ts";
import type { Sandbox } from "./index.ts";
import { APP, AUTH, type Household, household } from "./testing.ts";

const withoutRecord = ({ cloudflare: { state } }: Sandbox): void => {
  for (const { id, name } of state.records.values()) if (name === AUTH) state.records.delete(id);
};

const guarded =
  (decision: "allow" | "bypass") =>
  ({ cloudflare: { state } }: Sandbox): void => {
    const { id } = seedPolicy(state, { name: "Everyone", decision });
    seedApp(state, { domain: AUTH, policies: [{ id, precedence: 1 }] });
  };

describe("Authentik's hostname in the sandbox", () => {
  it("Authentik's hostname is served without DNS and tunnel by default", async () => {
    const seen: Seen[] = [];
    await using home = await household({ onRequest: (one) => seen.push(one) });
    withoutRecord(home.sandbox);
    expect((await home.visit()).body).toBe("hello from the origin");
    expect(
      new Set(seen.filter(({ host }) => host === AUTH).map(({ decision }) => decision)),
    ).toEqual(new Set(["direct"]));
  });

  it("Authentik's hostname behind the tunnel cannot be reached without a record", async () => {
    await using home = await household({ authentikBehindTunnel: true });
    withoutRecord(home.sandbox);
    expect((await probe(home.sandbox.edge.port, AUTH)).status).toBe(530);
    expect((await fetch(`${home.sandbox.authentik.url}/-/health/ready/`)).status).toBe(200);
  });

  it("Authentik's hostname behind the tunnel serves logins, including the calls that Access itself makes", async () => {
    const seen: Seen[] = [];
    await using home = await household({
      authentikBehindTunnel: true,
      onRequest: (one) => seen.push(one),
    });
    expect((await home.visit()).body).toBe("hello from the origin");
    const calls = seen.filter(({ host, path }) => host === AUTH && /token|jwks/.test(path));
    expect(calls).toMatchObject([
      { path: "/application/o/token/", decision: "origin", access: "open", status: 200 },
      {
        path: "/application/o/cf-tunnel-access/jwks/",
        decision: "origin",
        access: "open",
        status: 200,
      },
    ]);
  });

  it.each([
    { name: "is no longer served", spoil: withoutRecord, decision: "no-dns" },
    { name: "is behind a login of Access", spoil: guarded("allow"), decision: "login" },
  ])("a login fails if Authentik's hostname $name", async ({ spoil, decision }) => {
    const seen: Seen[] = [];
    let sentBack = (): void => {};
    const onRequest = (one: Seen): void => {
      seen.push(one);
      if (/^\/application\/o\/authorize\/[\w-]+$/.test(one.path)) sentBack();
    };
    await using home = await household({ authentikBehindTunnel: true, onRequest });
    // Not earlier, because the browser must get through. After this, only Access itself fetches the token.
    sentBack = () => spoil(home.sandbox);
    const page = await home.visit();
    expect([page.status, page.body]).toEqual([
      400,
      expect.stringContaining("Failed to exchange code for token"),
    ]);
    expect(seen.find(({ path }) => path === "/application/o/token/")?.decision).toBe(decision);
  });

  it("Authentik's hostname serves logins behind a bypass policy", async () => {
    await using home = await household({ authentikBehindTunnel: true });
    guarded("bypass")(home.sandbox);
    expect((await home.visit()).body).toBe("hello from the origin");
  });
});

describe("service tokens", () => {
  const knock = async ({ sandbox, machine }: Household): Promise<number> => {
    const headers = {
      "CF-Access-Client-Id": machine.client_id,
      "CF-Access-Client-Secret": machine.client_secret,
    };
    return (await probe(sandbox.edge.port, APP, "/", { headers })).status;
  };

  const revoke = async ({ sandbox: { cloudflare }, app }: Household): Promise<void> => {
    const path = `/accounts/${cloudflare.state.accountId}/access/apps/${app.id}/revoke_tokens`;
    await fetch(cloudflare.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${cloudflare.state.token}` },
    });
  };

  it("a service token is admitted while it exists", async () => {
    await using home = await household();
    expect(await knock(home)).toBe(200);
    home.sandbox.cloudflare.state.serviceTokens.delete(home.machine.id);
    expect(await knock(home)).toBe(302);
  });

  it("a service token is still admitted after a revocation of logins", async () => {
    await using home = await household();
    await revoke(home);
    expect(await knock(home)).toBe(200);
  });

  it("a service token is refused if a revocation includes service tokens", async () => {
    await using home = await household({ revocation: "service-tokens-too" });
    await revoke(home);
    expect(await knock(home)).toBe(302);
  });
});
