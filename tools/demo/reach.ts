/** Whether this machine has a way to the engine's containers. */

import { createConnection } from "node:net";
import type Dockerode from "dockerode";
import { until } from "./until.ts";

/** How long one address is waited for; on the engine's own machine the answer takes no millisecond. */
const PATIENCE_MS = 5_000;

const WHY =
  "The demo's Cloudflare runs on this machine and opens the containers' own addresses, as cloudflared does within the Docker network. " +
  "Docker Desktop keeps its containers in a virtual machine with a network of its own; so does an engine on another computer.";

const TODO = [
  "run the demo where the engine runs: on Linux with Docker Engine, be it a server, a virtual machine, or WSL 2 with Docker Engine installed in it",
  "cfauth itself does not mind: it needs the engine's API alone",
];

export class Unreachable extends Error {
  readonly todo = TODO;

  constructor(address: string) {
    super(
      `The containers of this Docker engine cannot be reached from here: ${address} does not answer. ${WHY}`,
    );
  }
}

/** @throws {Unreachable} when the container's address does not answer within `ms` milliseconds */
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
  // Its server needs a moment: a refused connection is tried again, one that nobody answers ends with the deadline.
  await until(
    "an answer of the container",
    async () => {
      answered = await answers(address, port, Math.max(1, deadline - Date.now()));
      return answered || Date.now() >= deadline;
    },
    signal,
  );
  if (!answered) throw new Unreachable(`${address}:${port}`);
}

function answers(host: string, port: number, ms: number): Promise<boolean> {
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
