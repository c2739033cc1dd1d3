/** A Docker engine for the demo and the tests: a running one, else one that this starts, else advice. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import Docker from "dockerode";
import { install, mayInstall } from "./apt.ts";
import { installed } from "./command.ts";
import { type Daemon, startDaemon } from "./dockerd.ts";

interface Engine {
  /** Stops the engine if `ensureEngine` started it. */
  stop(): Promise<void>;
}

type Silence = "absent" | "denied";

const PING_MS = 5000;

/**
 * Makes sure that a Docker engine answers. Sets `DOCKER_HOST` if the engine is not at the default address.
 * If there is none, prints advice and exits with 1.
 */
export async function ensureEngine(): Promise<Engine> {
  const found = await reach();
  if (found === "reached") return { stop: async () => {} };
  const own = process.env.DOCKER_HOST === undefined && (await startOwn());
  if (own) return own;
  process.stderr.write(`${advice(process.platform, found, process.env.DOCKER_HOST)}\n`);
  process.exit(1);
}

/** How to get an engine on this platform. */
function advice(platform: NodeJS.Platform, silence: Silence, host: string | undefined): string {
  if (host !== undefined) {
    return `No Docker engine answers at DOCKER_HOST=${host}.\n→ start it there, or unset DOCKER_HOST to use the local one.`;
  }
  if (platform === "darwin" || platform === "win32") {
    return "No Docker engine answers.\n→ start Docker Desktop (https://docs.docker.com/desktop/), wait until it is running, then try again.";
  }
  if (silence === "denied") {
    return "You are not allowed to open the Docker socket.\n→ sudo usermod -aG docker $USER      then log out and in again\n→ or run this command with sudo.";
  }
  return (
    "No Docker engine answers.\n→ installed but not running:  sudo systemctl start docker\n" +
    "→ not installed:  sudo apt-get install docker.io  (or https://docs.docker.com/engine/install/)\n" +
    "→ then, to use it without sudo:  sudo usermod -aG docker $USER  and log in again."
  );
}

async function startOwn(): Promise<Daemon | undefined> {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return undefined;
  if (!(await installed("dockerd"))) {
    if (!(await mayInstall())) return undefined;
    await install("docker.io", "iptables");
    // With an init system the package itself starts the engine.
    if (await reachedWithin(5000)) return { stop: async () => {} };
  }
  return startDaemon(async () => (await reach()) === "reached");
}

async function reachedWithin(ms: number): Promise<boolean> {
  const deadline = Date.now() + ms;
  while (Date.now() < deadline) {
    if ((await reach()) === "reached") return true;
    await sleep(500);
  }
  return false;
}

async function reach(): Promise<"reached" | Silence> {
  const first = await ping(new Docker({ timeout: PING_MS }));
  const rootless = rootlessSocket();
  if (first === "reached" || process.env.DOCKER_HOST !== undefined || rootless === undefined)
    return first;
  if ((await ping(new Docker({ socketPath: rootless, timeout: PING_MS }))) !== "reached")
    return first;
  process.env.DOCKER_HOST = `unix://${rootless}`;
  return "reached";
}

function rootlessSocket(): string | undefined {
  const runtime = process.env.XDG_RUNTIME_DIR;
  const socket = runtime && join(runtime, "docker.sock");
  return socket && existsSync(socket) ? socket : undefined;
}

async function ping(docker: Docker): Promise<"reached" | Silence> {
  try {
    await docker.ping();
    return "reached";
  } catch (err) {
    const { code } = err as NodeJS.ErrnoException;
    return code === "EACCES" || code === "EPERM" ? "denied" : "absent";
  }
}
