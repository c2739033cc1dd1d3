/** Many containers at once, as `compose up` with a hundred services starts them. */

import type Dockerode from "dockerode";
import PQueue from "p-queue";
import { type Container, container, tagOf, type Wanted } from "./container.ts";
import { docker, RUN_LABELS, unique } from "./run.ts";

/** With more at a time the engine makes each one slower. */
const CONCURRENCY = 4;

interface Many extends AsyncDisposable {
  /** In the requested order. */
  readonly containers: readonly Container[];
}

/** Starts `count` containers directly through the engine's API. `await using` removes them all. */
export async function startMany(count: number, wanted: (index: number) => Wanted): Promise<Many> {
  const engine = await docker();
  const queue = new PQueue({ concurrency: CONCURRENCY });
  const all = Array.from({ length: count }, (_, index) => wanted(index));
  const tags = new Map<Wanted["image"], string>();
  for (const each of all) if (!tags.has(each.image)) tags.set(each.image, await tagOf(each));
  const containers = await queue.addAll(
    all.map((each) => () => startOne(engine, each, tags.get(each.image) ?? "")),
  );
  return {
    containers,
    [Symbol.asyncDispose]: async () => {
      await queue.addAll(containers.map((each) => () => each.remove()));
    },
  };
}

async function startOne(engine: Dockerode, wanted: Wanted, tag: string): Promise<Container> {
  const { name, labels, networks = [], aliases = [] } = wanted;
  const [first, ...others] = networks;
  const created = await engine.createContainer({
    name: unique(name),
    Image: tag,
    Labels: { ...labels, ...RUN_LABELS },
    ...(first && {
      HostConfig: { NetworkMode: first.name },
      NetworkingConfig: { EndpointsConfig: { [first.name]: { Aliases: [...aliases] } } },
    }),
  });
  for (const network of others) {
    await engine
      .getNetwork(network.id)
      .connect({ Container: created.id, EndpointConfig: { Aliases: [...aliases] } });
  }
  await created.start();
  return container(engine, created.id);
}
