import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import about from "../../../package.json" with { type: "json" };
import { productImage } from "./product-image.ts";
import { ran, restricted } from "./ran.ts";
import { reap, reapLeftovers } from "./reaper.ts";
import { docker, RUN_ID, RUN_LABELS, unique } from "./run.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const NODE = ["/nodejs/bin/node", "--eval"];
const EX_CONFIG = 78;

let tag = "";

// Without the program's entry there is nothing to build.
describe.skipIf(!existsSync(`${ROOT}/src/main.ts`))("the image", () => {
  beforeAll(async () => {
    await reapLeftovers();
    tag = await productImage();
  }, 600_000);
  afterAll(() => reap(RUN_ID), 60_000);

  test("the image is no larger than Node and the bundle", async () => {
    const { Size } = await inspected();
    process.stdout.write(`the image has ${(Size / 1024 / 1024).toFixed(0)} MiB\n`);
    expect(Size).toBeLessThan(260 * 1024 * 1024);
  });

  test("the image runs as 65532, with a read-only root and no capability", async () => {
    const state =
      'const s = fs.readFileSync("/proc/self/status", "utf8"); console.log(process.getuid(), process.getgid(), /CapEff:\\s*(\\w+)/.exec(s)[1])';
    const { output } = await ran(tag, { Entrypoint: [...NODE, state] });
    expect(output.trim()).toBe("65532 65532 0000000000000000");
    const write = await ran(tag, {
      Entrypoint: [...NODE, 'fs.writeFileSync("/usr/local/bin/other", "")'],
    });
    expect(write.output).toContain("EROFS");
  }, 60_000);

  test("the image's own user cannot change it, even with a writable root", async () => {
    const write =
      'for (const f of ["/usr/local/bin/other", "/usr/local/lib/cfauth.mjs"]) try { fs.appendFileSync(f, ""); console.log(f) } catch {}';
    expect(
      (await ran(tag, { Entrypoint: [...NODE, write], HostConfig: { ReadonlyRootfs: false } }))
        .output,
    ).toBe("");
  }, 60_000);

  test("the image lists invalid settings and exits with EX_CONFIG", async () => {
    const { code, output } = await ran(tag);
    expect(output).toContain("CLOUDFLARE_API_TOKEN");
    expect(code).toBe(EX_CONFIG);
  }, 60_000);

  test("the image has no shell and no busybox", async () => {
    const list =
      'for (const d of process.argv.slice(1)) try { console.log(fs.readdirSync(d).join("\\n")) } catch {}';
    const { output } = await ran(tag, {
      Entrypoint: [...NODE, list, "/bin", "/sbin", "/usr/bin", "/usr/sbin", "/usr/local/bin"],
    });
    const programs = output.split(/\r?\n/);
    expect(programs).toContain("cfauth");
    expect(programs.filter((name) => /^(\w*sh|busybox|npm|env)$/.test(name))).toEqual([]);
  }, 60_000);

  test("the image's health check fails if nothing answers", async () => {
    expect((await ran(tag, { Cmd: ["healthcheck"] })).code).toBe(1);
  }, 60_000);

  test("the image's health check repeats the daemon's answer", async () => {
    const answers = (status: number) =>
      `http.createServer((q, a) => a.writeHead(${status}).end()).listen(8080, () => console.log("up"))`;
    expect(await healthOf(answers(200))).toBe(0);
    expect(await healthOf(answers(503))).toBe(1);
  }, 60_000);

  test("the image gives a named volume for the tunnel token to its user", async () => {
    const name = unique("token");
    await (await docker()).createVolume({ Name: name, Labels: { ...RUN_LABELS } });
    const write =
      'fs.writeFileSync("/run/cfauth/token", "x", { mode: 0o400 }); console.log(fs.statSync("/run/cfauth").uid)';
    const { output } = await ran(tag, {
      Entrypoint: [...NODE, write],
      HostConfig: { Binds: [`${name}:/run/cfauth`] },
    });
    expect(output.trim()).toBe("65532");
  }, 60_000);

  test("the image declares its user, entry point, port, health check and labels", async () => {
    const { Config } = await inspected();
    expect(Config).toMatchObject({
      User: "65532:65532",
      Entrypoint: ["cfauth"],
      ExposedPorts: { "8080/tcp": {} },
      Healthcheck: { Test: ["CMD", "cfauth", "healthcheck"], StartPeriod: 30_000_000_000 },
      Labels: {
        "org.opencontainers.image.title": "cfauth",
        "org.opencontainers.image.licenses": about.license,
        "org.opencontainers.image.description": about.description,
        "org.opencontainers.image.url": about.homepage,
        "org.opencontainers.image.source": about.repository.url.replace(/^git\+(.*)\.git$/, "$1"),
        "org.opencontainers.image.documentation": `${about.homepage}#readme`,
        "org.opencontainers.image.vendor": "cfauth",
        "org.opencontainers.image.base.name": expect.stringMatching(
          /^(cfauth-test-runtime|gcr\.io\/distroless\/nodejs24-debian12):\w+$/,
        ),
      },
    });
    expect(Config.Cmd ?? []).toEqual([]);
  });
});

async function inspected() {
  return (await docker()).getImage(tag).inspect();
}

/** The exit code of `cfauth healthcheck` next to a server in place of the daemon. */
async function healthOf(server: string): Promise<number | null> {
  const created = await (await docker()).createContainer(
    restricted(tag, { Entrypoint: [...NODE, server] }),
  );
  try {
    await created.start();
    await expect
      .poll(async () => (await created.logs({ stdout: true })).toString("utf8"), {
        timeout: 10_000,
      })
      .toContain("up");
    const exec = await created.exec({ Cmd: ["cfauth", "healthcheck"], AttachStdout: true });
    await new Promise((resolve) =>
      exec.start({}).then((stream) => stream.resume().on("end", resolve)),
    );
    return (await exec.inspect()).ExitCode;
  } finally {
    await created.remove({ force: true });
  }
}
