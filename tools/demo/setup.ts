/** Everything that the demo needs and removes at its end: an image, a network, the sandbox and foreign objects in it. */

import { createServer } from "node:net";
import type Dockerode from "dockerode";
import { reap, reapLeftovers } from "../../test/e2e/docker/reaper.ts";
import { docker, RUN_ID, RUN_LABELS } from "../../test/e2e/docker/run.ts";
import { seedApp, seedIdentityProvider, seedRecord } from "../../test/sandbox/cloudflare/seed.ts";
import { dockerResolver } from "../../test/sandbox/edge/docker-resolver.ts";
import type { Seen } from "../../test/sandbox/edge/visit.ts";
import { type Sandbox, startSandbox } from "../../test/sandbox/index.ts";
import { create, freeName } from "./containers.ts";
import { buildImage, PORT } from "./image.ts";
import { reach } from "./reach.ts";

export interface Setup {
  readonly engine: Dockerode;
  readonly engineVersion: string;
  readonly network: string;
  readonly image: string;
  readonly sandbox: Sandbox;
  /** Requests to the edge, the oldest first. */
  readonly seen: readonly Seen[];
  /** Calls the listener with each further request to the edge. */
  onSeen(told: (seen: Seen) => void): void;
  /** The foreign objects in Cloudflare, as text: the same text means that nothing changed. */
  foreign(): string;
}

/** The edge's port, if it is free, so that addresses stay the same. */
const EDGE_PORT = 8787;

const IMAGE = "cfauth-demo";

/** @param left - removes what has been set up, also if a later step fails */
export async function setUp(left: AsyncDisposableStack, signal: AbortSignal): Promise<Setup> {
  const engine = await docker();
  await reapLeftovers();
  left.defer(() => reap(RUN_ID));
  await buildImage(engine, IMAGE);
  signal.throwIfAborted();
  const network = await freeName(engine, "cfauth-demo");
  await engine.createNetwork({ Name: network, Labels: { ...RUN_LABELS } });
  await checkReachability(engine, network, signal);
  const seen: Seen[] = [];
  const listeners = new Set<(seen: Seen) => void>();
  const sandbox = left.use(
    await startSandbox({
      resolve: dockerResolver(engine, [network]),
      port: (await free(EDGE_PORT)) ? EDGE_PORT : 0,
      onRequest: (request) => {
        seen.push(request);
        for (const told of listeners) told(request);
      },
    }),
  );
  const foreign = createForeignObjects(sandbox);
  const { Version } = await engine.version();
  // Debian's builds append to the number: 20.10.24+dfsg1.
  return {
    engine,
    engineVersion: Version.split("+")[0] ?? Version,
    network,
    image: IMAGE,
    sandbox,
    seen,
    onSeen: (told) => void listeners.add(told),
    foreign,
  };
}

async function checkReachability(
  engine: Dockerode,
  network: string,
  signal: AbortSignal,
): Promise<void> {
  const trial = await create(engine, {
    name: await freeName(engine, "cfauth-demo-trial"),
    network,
    image: IMAGE,
    labels: {},
  });
  try {
    await trial.start();
    await reach(trial, network, PORT, signal);
  } finally {
    await trial.remove({ force: true });
  }
}

/** Creates foreign objects, which cfauth must leave alone. */
function createForeignObjects({ cloudflare: { state }, zone }: Sandbox): () => string {
  seedRecord(state, { name: `nas.${zone}` });
  seedApp(state, { domain: `nas.${zone}` });
  seedIdentityProvider(state);
  const ids = [...state.records.keys(), ...state.apps.keys(), ...state.identityProviders.keys()];
  return () =>
    JSON.stringify(
      ids.map(
        (id) => state.records.get(id) ?? state.apps.get(id) ?? state.identityProviders.get(id),
      ),
    );
}

const free = (port: number): Promise<boolean> =>
  new Promise((over) => {
    const server = createServer();
    server
      .once("error", () => over(false))
      .listen(port, "127.0.0.1", () => server.close(() => over(true)));
  });
