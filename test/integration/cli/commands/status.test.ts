import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { cli } from "../../../../src/cli/cli.ts";
import { createTerminal } from "../../../../src/core/terminal.ts";
import type { Report } from "../../../../src/status/report.ts";
import {
  LIVE,
  pageOf,
  reportedProblem,
  reportedRoute,
  reportOf,
  TROUBLE,
} from "../../../unit/http/reports.ts";

/** Runs `cfauth status` for the daemon on this port. */
async function ran(port: number, ...options: readonly string[]) {
  const written = { out: "", err: "" };
  const to = (name: "out" | "err") =>
    createTerminal(
      {
        write: (text) => {
          written[name] += text;
        },
      },
      {},
    );
  const code = await cli(["status", ...options], {
    env: { CFAUTH_LISTEN: `127.0.0.1:${port}` },
    readText: () => "",
    out: to("out"),
    err: to("err"),
    stop: new AbortController().signal,
    ask: async () => undefined,
  });
  return { code, ...written };
}

async function beside(report: Report, ...options: readonly string[]) {
  const page = await pageOf(() => report);
  try {
    return await ran(page.port, ...options);
  } finally {
    await page.close();
  }
}

/** The times of the routes are relative to now. */
const ago = (ms: number): string => new Date(Date.now() - ms).toISOString();

describe("cfauth status", () => {
  it("status shows each route with its hostname, its container and who may enter", async () => {
    const { code, out } = await beside(LIVE);
    expect(code).toBe(0);
    expect(out).toBe(
      [
        "cfauth 0.1.0 · home-nas · All 5 routes are live",
        "✓ Docker  ✓ Cloudflare  ✓ Authentik  ✓ Tunnel",
        "",
        "✓ Live     auth.example.com           authentik-server  PUBLIC: Anyone: this is where people log in",
        "✓ Live     grafana.example.com        grafana           Members of family or admins, or 2 e-mail addresses",
        "✓ Live     library.example.com        library           Members of family; /hooks without a login",
        "✓ Live     library.example.com/hooks  library           PUBLIC: Anyone, without a login",
        "✓ Live     wiki.example.com           wiki              Members of family",
        "",
      ].join("\n"),
    );
  });

  it("status shows each problem with its fix, and what each pending route waits for", async () => {
    const { code, out } = await beside({
      ...TROUBLE,
      routes: TROUBLE.routes.map((it) => ({ ...it, since: ago(14 * 60_000) })),
    });
    expect(code).toBe(1);
    expect(out).toContain(
      [
        "✗ Problem  photos.example.com         immich            Nobody  for 14 min",
        "    A DNS record A 203.0.113.7 is at photos.example.com and is not cfauth's.  CFA-CONFLICT-DNS",
        '    → delete it in Cloudflare, or set cfauth.adopt: "true" on container immich to take it over',
        "    Closed: nobody can reach it.",
        "! Waiting  paperless.example.com      paperless         Members of family  for 14 min",
        "    Waiting for the health check of container paperless (starting).",
        "– Closing  old.example.com            old               Everyone who can log in  for 14 min",
        "    Container stopped; closes in 42 s unless it comes back.",
      ].join("\n"),
    );
    expect(out).toContain(
      "✗ Cloudflare has not answered since 2026-11-23 10:42 UTC. Nothing changes until it does; open routes stay open.",
    );
    expect(out).toContain("✗ gitea · cfauth.acess\n    cfauth.acess is not a label of cfauth;");
    expect(out.split("CFA-CF-UNREACHABLE")).toHaveLength(2);
  });

  it("status shows the one label to add when no container has any", async () => {
    expect((await beside(reportOf())).out).toMatch(
      /No container has a cfauth label yet. Add one:\n {4}labels:\n {6}cfauth.hostname: whoami.example.com\n$/,
    );
  });

  it("status --json prints the answer of /api/routes unchanged", async () => {
    const { code, out } = await beside(TROUBLE, "--json");
    expect([code, out]).toEqual([1, `${JSON.stringify(TROUBLE, undefined, 2)}\n`]);
    expect((await beside(LIVE, "--json")).code).toBe(0);
  });

  it.each([
    {
      name: "a warning",
      code: 0,
      report: reportOf({ ...LIVE, problems: [reportedProblem({ severity: "warning" })] }),
    },
    {
      name: "a route that waits",
      code: 0,
      report: reportOf({
        routes: [reportedRoute("a.example.com", { state: "waiting", reason: "waiting for it" })],
      }),
    },
    {
      name: "a route with a problem",
      code: 1,
      report: reportOf({ routes: [reportedRoute("a.example.com", { state: "problem" })] }),
    },
    {
      name: "a problem of no route",
      code: 1,
      report: reportOf({ ...LIVE, problems: [reportedProblem({ hostname: null })] }),
    },
    {
      name: "a service that does not answer",
      code: 1,
      report: reportOf({ ...LIVE, checks: { ...LIVE.checks, tunnel: "failing" } }),
    },
    { name: "a daemon that has just started", code: 1, report: reportOf({ lastPass: null }) },
  ])("status exits with $code for $name, with and without --json", async ({ code, report }) => {
    expect([(await beside(report)).code, (await beside(report, "--json")).code]).toEqual([
      code,
      code,
    ]);
  });

  it("a container's name cannot control the terminal or look like a line of status", async () => {
    const name = "app\u001b[2J\r\n✓ Live  bank.example.com";
    const { out } = await beside(
      reportOf({ routes: [reportedRoute("a.example.com", { container: name, who: name })] }),
    );
    expect(out).not.toMatch(/[\u001b\r]/);
    expect(out.split("\n").filter((line) => line.startsWith("✓ Live"))).toHaveLength(1);
  });

  it("status says where to look when no daemon answers", async () => {
    const gone = await pageOf(() => LIVE);
    await gone.close();
    const { code, out, err } = await ran(gone.port, "--json");
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(
      `✗ no daemon answers at http://127.0.0.1:${gone.port} (ECONNREFUSED)\n    → `,
    );
    expect(err).toContain("docker compose logs cfauth");
  });

  it.each(["<h1>Hello</h1>", "null", '{"formatVersion":"2.0"}', '{"status":"ok"}'])(
    "status says that the answer %s does not come from cfauth",
    async (body) => {
      const server = createServer((_, response) => void response.end(body));
      await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
      try {
        const { port } = server.address() as AddressInfo;
        expect(await ran(port)).toEqual({
          code: 1,
          out: "",
          err: `✗ what answers at http://127.0.0.1:${port} is not cfauth\n    → set CFAUTH_LISTEN to the same value as for the daemon\n`,
        });
      } finally {
        server.close();
      }
    },
  );
});
