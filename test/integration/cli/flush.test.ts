import { spawn } from "node:child_process";
import { once } from "node:events";
import { Writable } from "node:stream";
import { setTimeout as elapsed } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { flushed } from "../../../src/cli/flush.ts";
import { startSandbox } from "../../sandbox/index.ts";
import { listed } from "../../unit/sources/docker/listed.ts";
import { fakeEngine } from "../sources/docker/engine.ts";

describe("the output of a command", () => {
  it("a slow reader receives the whole output of a command", async () => {
    await using sandbox = await startSandbox();
    await using engine = await fakeEngine();
    const all = Array.from({ length: 120 }, (_, index) =>
      listed({
        Id: `app${index}`,
        Names: [`/app${index}`],
        Labels: { "cfauth.hostname": `app${index}.${sandbox.zone}` },
        Ports: [{ PrivatePort: 80, Type: "tcp" }],
      }),
    );
    engine.on("/containers/json", (_request, response) => response.end(JSON.stringify(all)));
    const env = {
      PATH: process.env["PATH"],
      ...sandbox.environment,
      CFAUTH_OWNER: "home",
      DOCKER_HOST: `unix://${engine.path}`,
    };
    const child = spawn(process.execPath, ["src/main.ts", "plan", "--json"], {
      env,
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(child.stdout, "readable");
    await elapsed(500);
    let text = "";
    for await (const chunk of child.stdout) text += chunk;
    expect(JSON.parse(text).counts).toMatchObject({ create: 120 * 4 + 6 });
  });

  it("a command that is stopped waits only briefly for a reader that does not read", async () => {
    const deaf = new Writable({ write: () => {} });
    expect(await flushed([deaf], AbortSignal.abort())).toBeUndefined();
  });
});
