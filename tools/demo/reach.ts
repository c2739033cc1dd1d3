/** Checks that this machine can reach the engine's containers. */

import { createConnection } from "node:net";
import type Dockerode from "dockerode";
import { until } from "./until.ts";

/** How long to wait for an address. On the engine's own machine the answer takes less than a millisecond. */
const PATIENCE_MS = 5_000;

const WHY =
  "The demo's Cloudflare runs on this machine and connects to the containers' own addresses, as cloudflared does in the Docker network. " +
  "Docker Desktop runs containers in a virtual machine with its own network; an engine on another computer has its own network too.";

const TODO = [
  "run the demo where the engine runs: on Linux with Docker Engine, for example on a server, in a virtual machine, or in WSL 2 with Docker Engine installed there",
  "cfauth itself works there: it needs only the engine's API",
];

export class Unreachable extends Error {
  readonly todo = TODO;

  constructor(address: string) {
    super(
      `The containers of this Docker engine cannot be reached from here: ${address} does not answer. ${WHY}`,
    );
  }
}

/** @throws {Unreachable} if the container's address does not answer within `ms` milliseconds */
export async function reach(
  container: Dockerode.Container,
  network: string,
  port: number,
  signal: AbortSignal,
  ms = PATIENCE_MS,
): Promise<void> {
  const { NetworkSettings } = await container.inspect();
  const address = NetworkSettings.Networks[network]?.IPAddress ?? "";
  const deadline = Date.now() + ms;
  let answered = false;
  // Its server needs a moment: retry a refused connection until the deadline.
  await until(
    "an answer of the container",
    async () => {
      answered = await connects(address, port, Math.max(1, deadline - Date.now()));
      return answered || Date.now() >= deadline;
    },
    signal,
  );
  if (!answered) throw new Unreachable(`${address}:${port}`);
}

function connects(host: string, port: number, ms: number): Promise<boolean> {
  return new Promise((over) => {
    const socket = createConnection({ host, port });
    const end = (answered: boolean): void => {
      clearTimeout(timer);
      socket.destroy();
      over(answered);
    };
    const timer = setTimeout(() => end(false), ms);
    socket.once("connect", () => end(true)).once("error", () => end(false));
  });
}
