/** Containers of a run: started as a person starts them, and returned as objects that can be stopped, renamed and inspected. */

import type Dockerode from "dockerode";
import { GenericContainer, type WaitStrategy } from "testcontainers";
import { originImage, type Variant } from "./images.ts";
import type { Network } from "./network.ts";
import { docker, RUN_LABELS, unique } from "./run.ts";

export interface Wanted {
  /** An origin (images.ts) or the tag of any existing image; `one` by default. */
  readonly image?: Variant | { readonly tag: string };
  /** The run's id is appended. */
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Docker's default bridge by default. */
  readonly networks?: readonly Network[];
  /** Further names on each of the networks. */
  readonly aliases?: readonly string[];
}

export interface Container extends AsyncDisposable {
  readonly id: string;
  /** Its current name in Docker, without the slash. */
  name(): Promise<string>;
  start(): Promise<void>;
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** Kills and removes it. It is fine if it no longer exists. */
  remove(): Promise<void>;
  /** The run's id is appended to the new name. @returns the full name */
  rename(name: string): Promise<string>;
  connect(network: Network): Promise<void>;
  disconnect(network: Network): Promise<void>;
  /** Its address on the network, or else on its first one. It changes with a restart. */
  ip(network?: Network): Promise<string>;
  /** Sets the result of the `health` origin's health check, which takes effect half a second later. */
  setHealthy(healthy: boolean): Promise<void>;
  inspect(): Promise<Dockerode.ContainerInspectInfo>;
}

/** Starts a container and returns as soon as its process runs. `await using` removes it at the end of the block. */
export async function start(wanted: Wanted): Promise<Container> {
  const engine = await docker();
  const started = await new Workload(engine, wanted, await tagOf(wanted)).start();
  return container(engine, started.getId());
}

export async function tagOf({ image = "one" }: Wanted): Promise<string> {
  return typeof image === "string" ? originImage(image) : image.tag;
}

export function container(engine: Dockerode, id: string): Container {
  const own = engine.getContainer(id);
  const remove = async (): Promise<void> => {
    await own.remove({ force: true, v: true }).catch(unlessGone);
  };
  return {
    id,
    name: async () => (await own.inspect()).Name.slice(1),
    start: async () => void (await own.start()),
    stop: async () => void (await own.stop({ t: 0 })),
    restart: async () => void (await own.restart({ t: 0 })),
    remove,
    rename: async (name) => {
      await own.rename({ name: unique(name) });
      return unique(name);
    },
    connect: async (network) =>
      void (await engine.getNetwork(network.id).connect({ Container: id })),
    disconnect: async (network) =>
      void (await engine.getNetwork(network.id).disconnect({ Container: id })),
    ip: async (network) => address(await own.inspect(), network),
    setHealthy: async (healthy) => touch(own, healthy),
    inspect: () => own.inspect(),
    [Symbol.asyncDispose]: remove,
  };
}

/** Ready at once. A test that needs more than a running process waits for that itself. */
const RUNS: WaitStrategy = {
  waitUntilReady: async () => {},
  withStartupTimeout: () => RUNS,
  isStartupTimeoutSet: () => true,
  getStartupTimeout: () => 0,
};

class Workload extends GenericContainer {
  readonly #engine: Dockerode;
  readonly #wanted: Wanted;

  constructor(engine: Dockerode, wanted: Wanted, tag: string) {
    super(tag);
    this.#engine = engine;
    this.#wanted = wanted;
    const first = wanted.networks?.[0];
    this.withName(unique(wanted.name))
      .withLabels({ ...wanted.labels, ...RUN_LABELS })
      .withWaitStrategy(RUNS)
      .withAutoCleanup(false);
    if (first === undefined) return;
    this.withNetworkMode(first.name);
    this.createOpts.NetworkingConfig = {
      EndpointsConfig: { [first.name]: { Aliases: [...(wanted.aliases ?? [])] } },
    };
  }

  /** Runs before the process starts, so that the first event about the container finds it on all its networks. */
  protected override async containerCreated(id: string): Promise<void> {
    const { networks = [], aliases = [] } = this.#wanted;
    for (const network of networks.slice(1)) {
      await this.#engine
        .getNetwork(network.id)
        .connect({ Container: id, EndpointConfig: { Aliases: [...aliases] } });
    }
  }
}

function address(
  { NetworkSettings, Name }: Dockerode.ContainerInspectInfo,
  network: Network | undefined,
): string {
  const ends = NetworkSettings.Networks;
  const end = network === undefined ? Object.values(ends)[0] : ends[network.name];
  if (!end?.IPAddress)
    throw new Error(`${Name} has no address${network ? ` on ${network.name}` : ""}`);
  return end.IPAddress;
}

async function touch(own: Dockerode.Container, healthy: boolean): Promise<void> {
  const Cmd = ["/bin/busybox", ...(healthy ? ["touch"] : ["rm", "-f"]), "/tmp/healthy"];
  const exec = await own.exec({ Cmd, AttachStdout: true });
  const stream = await exec.start({});
  await new Promise((resolve) => stream.resume().on("end", resolve));
}

function unlessGone(err: { statusCode?: number }): void {
  // 409: another process is removing it at this moment.
  if (err.statusCode !== 404 && err.statusCode !== 409) throw err;
}
