/** The first minutes: Authentik is still starting and cloudflared waits for its token. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Report } from "../../../src/status/report.ts";
import { startSandbox } from "../../sandbox/index.ts";
import { until } from "../../support/until.ts";
import { listed } from "../../unit/sources/docker/listed.ts";
import { fakeEngine } from "../sources/docker/engine.ts";
import { running } from "./running.ts";

it("cloudflared gets its token before Authentik answers, and nothing else is created until it does", async () => {
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  const app = listed({ Labels: { "cfauth.hostname": `app.${sandbox.zone}`, "cfauth.port": "80" } });
  engine.on("/containers/json", (_request, response) => response.end(JSON.stringify([app])));
  const folder = await mkdtemp(join(tmpdir(), "cfauth-token-"));
  const file = join(folder, "tunnel-token");
  const { state } = sandbox.cloudflare;
  try {
    await using cfauth = await running({
      ...sandbox.environment,
      AUTHENTIK_API_URL: "http://127.0.0.1:1",
      CFAUTH_TUNNEL_TOKEN_FILE: file,
      DOCKER_HOST: `unix://${engine.path}`,
    });
    await until(
      () =>
        readFile(file).then(
          () => true,
          () => false,
        ),
      "the token is there",
    );
    expect(
      cfauth.lines
        .filter(({ msg }) => msg === "applied")
        .map(({ kind, action }) => `${action} ${kind}`),
    ).toEqual(["create tunnel", "update tunnel"]);
    const report = async () => (await (await fetch(`${cfauth.url}/api/routes`)).json()) as Report;
    await until(async () => (await report()).checks.authentik === "failing", "the page says why");
    expect([
      state.tunnels.size,
      state.apps.size,
      state.records.size,
      state.identityProviders.size,
    ]).toEqual([1, 0, 0, 0]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
