/** The unchanged example Compose file, started by a Compose that a person may have. Only the outside is a sandbox. */

import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Report } from "../../src/status/report.ts";
import { ensureCompose } from "../../tools/ci/compose.ts";
import { dockerResolver } from "../sandbox/edge/docker-resolver.ts";
import { probe } from "../sandbox/edge/probe.ts";
import { type Browser, browser, type Page } from "../sandbox/edge/testing/browser.ts";
import { type Sandbox, startSandbox } from "../sandbox/index.ts";
import { bridgeAddress, outside } from "./compose/outside.ts";
import { override, type Project, project } from "./compose/project.ts";
import { until } from "./daemon.ts";
import { start } from "./docker/container.ts";
import { reap, reapLeftovers } from "./docker/reaper.ts";
import { docker, RUN_ID, unique } from "./docker/run.ts";
import { inventory } from "./world.ts";

/** Characters that a shell or Compose might interpret. */
const CLOUDFLARE_TOKEN = "s3cr$t-$HOME-$$-#1";
const ZONE = "home.localhost";

/** Long enough for a machine that also runs other tests. */
const PATIENCE_MS = 180_000;
const HOSTNAMES = ["auth", "cfauth", "whoami"].map((name) => `${name}.${ZONE}`);

const compose = await ensureCompose();
const address = await bridgeAddress();
const missing =
  compose === undefined
    ? "no Docker Compose here"
    : address === undefined
      ? "the engine is on another machine"
      : undefined;
const title = "docker-compose.example.yml";

// Each Compose command takes seconds. A test may wait twice and needs some time of its own.
vi.setConfig({ testTimeout: 3 * PATIENCE_MS, hookTimeout: 3 * PATIENCE_MS });

describe.skipIf(missing !== undefined)(
  missing === undefined ? title : `${title} (skipped: ${missing})`,
  () => {
    const all = new AsyncDisposableStack();
    let sandbox: Sandbox;
    let home: Project;
    let page: string;
    let tunnel: string;

    const report = async (): Promise<Report> =>
      (await fetch(`${page}/api/routes`)).json() as Promise<Report>;
    const allLive = async (): Promise<boolean> => {
      const { routes } = await report();
      return HOSTNAMES.every((name) =>
        routes.some(({ hostname, state }) => hostname === name && state === "live"),
      );
    };
    const allHealthy = async (): Promise<boolean> => {
      const states = [...(await home.containers()).values()].map(({ State }) => State);
      return (
        states.length === 7 &&
        states.every(
          ({ Running, Health }) => Running && (Health?.Status ?? "healthy") === "healthy",
        )
      );
    };
    const logIn = async (
      who: Browser,
      host: string,
      path: string,
      username: string,
      password: string,
    ): Promise<Page> => {
      let at = await who.open(sandbox.edge.url(host) + path);
      if (at.body.includes('id="log-in"'))
        at = await who.submit(at.url.href, { username, password });
      return at.body.includes('id="continue"') ? who.submit(at.url.href, { continue: "yes" }) : at;
    };

    beforeAll(async () => {
      await reapLeftovers();
      tunnel = unique("tunnel");
      sandbox = all.use(
        await startSandbox({
          resolve: dockerResolver(await docker(), [tunnel]),
          authentikBehindTunnel: true,
          token: CLOUDFLARE_TOKEN,
          cloudflared: false,
        }),
      );
      const port = await freePort();
      page = `http://127.0.0.1:${port}`;
      home = all.use(
        await project({
          compose: compose ?? ["docker", "compose"],
          values: { CLOUDFLARE_API_TOKEN: `'${CLOUDFLARE_TOKEN}'`, DOMAIN: ZONE },
          more: { CFAUTH_PORT: String(port) },
          override: await override({
            outside: all.use(await outside(address ?? "", sandbox)),
            authentikUrl: sandbox.environment["AUTHENTIK_URL"] ?? "",
            tunnel,
          }),
        }),
      );
      await home.up();
    });
    afterAll(async () => {
      await reap(RUN_ID);
      await all.disposeAsync();
    });

    test("the Compose example opens Authentik, the first service and the status page, and everything is healthy", async () => {
      await until("all three are live", allLive, PATIENCE_MS);
      await until("everything is healthy", allHealthy, PATIENCE_MS);
      expect(
        (await report()).problems.filter(({ hostname }) => HOSTNAMES.includes(hostname ?? "")),
      ).toEqual([]);
    });

    test("the Compose example connects the tunnel with the token that cfauth wrote for their common user", async () => {
      expect(
        [...sandbox.cloudflare.state.tunnels.values()].map(({ name, status }) => ({
          name,
          status,
        })),
      ).toEqual([{ name: "cfauth", status: "healthy" }]);
      const look =
        'const s = process.getBuiltinModule("fs").statSync("/run/cfauth/tunnel-token"); console.log(s.uid, (s.mode & 0o777).toString(8))';
      expect(await home.evaluate("cloudflared", look)).toBe("65532 600\n");
    });

    test("the Compose example asks for a login at the first service and the status page, but not at Authentik", async () => {
      for (const name of ["whoami", "cfauth"]) {
        const { status, headers } = await probe(sandbox.edge.port, `${name}.${ZONE}`);
        expect([status, String(headers.location)]).toEqual([
          302,
          expect.stringContaining("/cdn-cgi/access/login/"),
        ]);
      }
      expect((await probe(sandbox.edge.port, `auth.${ZONE}`, "/-/health/live/")).status).toBe(200);
    });

    test("the Compose example admits the first administrator to the status page too, and others only to the service", async () => {
      const [admin, alice] = [browser(), browser()];
      const password = await home.setting("AUTHENTIK_BOOTSTRAP_PASSWORD");
      const seen = await logIn(admin, `cfauth.${ZONE}`, "/api/routes", "akadmin", password);
      expect((JSON.parse(seen.body) as Report).routes.map(({ hostname }) => hostname)).toEqual(
        expect.arrayContaining(HOSTNAMES),
      );
      expect((await logIn(alice, `whoami.${ZONE}`, "/", "alice", "alice-password")).body).toContain(
        "Hello from",
      );
      const refused = await logIn(
        alice,
        `cfauth.${ZONE}`,
        "/api/routes",
        "alice",
        "alice-password",
      );
      expect([refused.status, refused.body]).toEqual([
        403,
        expect.not.stringContaining('"routes"'),
      ]);
    });

    test("the Compose example lets cfauth list containers and change nothing", async () => {
      const id = (await home.containers()).get("whoami")?.Id;
      const image = (await home.containers()).get("whoami")?.Image;
      const asks = [
        "GET /containers/json",
        "GET /v1.41/info",
        `GET /images/${image}/json`,
        "GET /images/json",
        `GET /containers/${id}/json`,
        `GET /containers/${id}/logs?stdout=1`,
      ].concat([
        "POST /containers/create",
        `POST /containers/${id}/stop`,
        `DELETE /containers/${id}`,
        "PUT /x",
        "HEAD /_ping",
      ]);
      const ask =
        'for (const a of process.argv.slice(1)) { const [method, path] = a.split(" "); console.log((await fetch("http://socket-proxy:2375" + path, { method })).status, method) }';
      expect((await home.evaluate("cfauth", ask, ...asks)).trim().split("\n")).toEqual(
        ["200 GET", "200 GET", "200 GET", "403 GET", "403 GET", "403 GET"].concat([
          "405 POST",
          "405 POST",
          "405 DELETE",
          "405 PUT",
          "405 HEAD",
        ]),
      );
    });

    test("the Compose example gives no container more rights than it needs", async () => {
      const containers = await home.containers();
      for (const [service, { HostConfig }] of containers) {
        expect([service, HostConfig.Privileged, HostConfig.CapAdd ?? []]).toEqual([
          service,
          false,
          [],
        ]);
      }
      for (const service of ["cfauth", "socket-proxy", "cloudflared"]) {
        expect(containers.get(service)).toMatchObject({
          Config: { User: expect.stringMatching(/^6553[24]:\d+$/) },
          HostConfig: {
            CapDrop: ["ALL"],
            ReadonlyRootfs: true,
            SecurityOpt: ["no-new-privileges:true"],
          },
        });
      }
      const withSocket = [...containers].filter(([, { Mounts }]) =>
        Mounts.some(({ Source }) => Source.endsWith("docker.sock")),
      );
      expect(withSocket.map(([service]) => service)).toEqual(["socket-proxy"]);
    });

    test("the health check of the Compose example works with exec", async () => {
      expect(await home.exec("cfauth", "cfauth", "healthcheck")).toEqual({ code: 0, output: "" });
    });

    test("status and doctor work in the Compose example next to the daemon and through the socket proxy", async () => {
      const status = await home.exec("cfauth", "cfauth", "status");
      expect([status.code, HOSTNAMES.filter((name) => !status.output.includes(name))]).toEqual([
        0,
        [],
      ]);
      // The sandbox's containers cannot reach Authentik under its public hostname.
      const output = await inTime(() => home.exec("cfauth", "cfauth", "doctor", "--json"));
      expect(wanting(output), output).toEqual(["login"]);
    });

    test("commands of the Compose example also work from a container of their own without a name and a route", async () => {
      sandbox.controls.clear();
      expect((await home.run("cfauth", "plan")).code).toBe(0);
      expect(sandbox.controls.writes()).toEqual([]);
      const output = await inTime(() => home.run("cfauth", "doctor", "--json"));
      expect(wanting(output), output).toEqual(["login"]);
    });

    test("the log of the Compose example has one entry per line and no secret", async () => {
      const log = await home.log("cfauth");
      expect(log).toMatch(
        new RegExp(`^\\[[\\d:]+\\] INFO: route opened +hostname=whoami\\.${ZONE} `, "m"),
      );
      expect(
        log.split("\n").filter((line) => !/^(\[[\d:]+\] [A-Z]+: .*| {4}.*|)$/.test(line)),
      ).toEqual([]);
      const secrets = [CLOUDFLARE_TOKEN, await home.setting("AUTHENTIK_TOKEN")];
      expect(secrets.filter((secret) => log.includes(secret))).toEqual([]);
    });

    test("the Compose example finds everything unchanged after down and up and creates nothing twice", async () => {
      const before = inventory(sandbox);
      sandbox.controls.clear();
      await home.down();
      expect([...(await home.containers()).keys()]).toEqual([]);
      await home.up();
      await until("all three are live", allLive, PATIENCE_MS);
      await until("everything is healthy", allHealthy, PATIENCE_MS);
      expect(sandbox.controls.writes()).toEqual([]);
      expect(inventory(sandbox)).toEqual(before);
      expect(sandbox.controls.violations).toEqual([]);
    });

    test("the Compose example leads to a service by its id when Docker's DNS shows a stranger with its name as an alias", async () => {
      const whoami = (await home.containers()).get("whoami");
      const name = whoami?.Name.replace(/^\//, "") ?? "";
      const id = whoami?.Id.slice(0, 12) ?? "";
      const on = {
        name: tunnel,
        id: tunnel,
        remove: async () => {},
        [Symbol.asyncDispose]: async () => {},
      };
      const route = async () =>
        (await report()).routes.find(({ hostname }) => hostname === `whoami.${ZONE}`);
      expect((await route())?.origin).toMatch(new RegExp(`^http://${name}\\.${tunnel}:\\d+$`));
      await using _ = await start({ name: "stranger", networks: [on], aliases: [name] });
      await until(
        "the rule has the short id",
        async () => (await route())?.origin?.startsWith(`http://${id}:`) === true,
        PATIENCE_MS,
      );
      await until("it is live", async () => (await route())?.state === "live", PATIENCE_MS);
      expect((await route())?.note).toBe(
        `Reached by its id: another container also answers to the name ${name}.${tunnel}`,
      );
    });
  },
);

/** Doctor's output, repeated until every group answers within its timeout on a slow machine. */
async function inTime(doctor: () => ReturnType<Project["exec"]>): Promise<string> {
  return until(
    "every group of doctor answers in time",
    async () => {
      const { output } = await doctor();
      return /"no answer within \d+ s"/.test(output) ? undefined : output;
    },
    PATIENCE_MS,
  );
}

/** The groups of doctor with a result other than fine. Compose may print its own lines before the report. */
function wanting(output: string): readonly string[] {
  const report = output.slice(output.indexOf("{\n"), output.lastIndexOf("}") + 1);
  const { groups } = JSON.parse(report) as {
    readonly groups: readonly { readonly id: string; readonly result: string }[];
  };
  return groups.filter(({ result }) => result !== "pass").map(({ id }) => id);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
