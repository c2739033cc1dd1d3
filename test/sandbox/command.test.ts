import { type ChildProcess, spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, it } from "vitest";

const PROGRAM = new URL("../../tools/sandbox/main.ts", import.meta.url).pathname;
const ANY_PORTS = ["--edge-port=0", "--cloudflare-port=0", "--authentik-port=0"];

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

function run(...args: readonly string[]) {
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  return { child, exited };
}

/** The lines until the last one that the sandbox prints by itself. */
async function readGuide({ child }: ReturnType<typeof run>): Promise<string> {
  let printed = "";
  for await (const chunk of child.stdout) {
    printed += chunk;
    if (printed.includes("Ctrl-C ends")) break;
  }
  return printed;
}

it("npm run sandbox answers at the printed addresses and ends on SIGTERM with 0", async () => {
  const sandbox = run(...ANY_PORTS, "--authentik=2024.12");
  const guide = await readGuide(sandbox);
  const settings = Object.fromEntries(
    [...guide.matchAll(/^ {2}export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );

  const cloudflare = await fetch(`${settings["CLOUDFLARE_BASE_URL"]}/user/tokens/verify`, {
    headers: { authorization: `Bearer ${settings["CLOUDFLARE_API_TOKEN"]}` },
  });
  expect(await cloudflare.json()).toMatchObject({ success: true });

  const authentik = await fetch(`${settings["AUTHENTIK_API_URL"]}/api/v3/admin/version/`, {
    headers: { authorization: `Bearer ${settings["AUTHENTIK_TOKEN"]}` },
  });
  expect(await authentik.json()).toMatchObject({ version_current: "2024.12.5" });

  expect(settings["AUTHENTIK_URL"]).toMatch(/^http:\/\/auth\.home\.localhost:\d+$/);
  expect(guide).toContain("alice, password alice-password, group family");

  sandbox.child.kill("SIGTERM");
  expect(await sandbox.exited).toBe(0);
});

it.each([
  { arg: "--authentik=1.0", says: '--authentik "1.0" is not simulated: use 2024.2,' },
  { arg: "--edge-port=web", says: '--edge-port "web" is no port: use a number from 0 to 65535' },
  { arg: "--fast", says: "Unknown option '--fast'" },
])("npm run sandbox rejects $arg with exit code 64", async ({ arg, says }) => {
  const { child, exited } = run(arg);
  expect(await text(child.stderr)).toContain(says);
  expect(await exited).toBe(64);
});

it("npm run sandbox names a port that is in use, and ends with 1", async () => {
  const other: Server = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const { port } = other.address() as AddressInfo;
  const { child, exited } = run(...ANY_PORTS, `--cloudflare-port=${port}`);
  expect(await text(child.stderr)).toContain(`Port ${port} is in use.`);
  expect(await exited).toBe(1);
  other.close();
});
