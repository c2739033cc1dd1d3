/** `docker run`: the command as a person would type it, and the same over the engine's API. */

import type Dockerode from "dockerode";
import { RUN_LABELS, unique } from "../../test/e2e/docker/run.ts";

export interface Run {
  readonly name: string;
  readonly network: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The command, with each label on its own line and the image after the last one. */
export function dockerRunCommand({ name, network, image, labels }: Run): readonly string[] {
  const flags = Object.entries(labels).map(([label, value]) => `--label ${label}=${value}`);
  const last = flags.at(-1) ?? "";
  return [
    `docker run --detach --name ${name} --network ${network} \\`,
    ...flags.slice(0, -1).map((flag) => `${flag} \\`),
    `${last} ${image}`.trimStart(),
  ];
}

export async function create(
  engine: Dockerode,
  { name, network, image, labels }: Run,
): Promise<Dockerode.Container> {
  return engine.createContainer({
    name,
    Image: image,
    Labels: { ...labels, ...RUN_LABELS },
    HostConfig: { NetworkMode: network },
  });
}

/** The name, if nothing on this engine has it, else the name with the run's id appended. */
export async function freeName(engine: Dockerode, name: string): Promise<string> {
  const containers = await engine.listContainers({ all: true, filters: { name: [name] } });
  const networks = await engine.listNetworks({ filters: { name: [name] } });
  const taken = [
    ...containers.flatMap(({ Names }) => Names.map((path) => path.slice(1))),
    ...networks.map(({ Name }) => Name),
  ];
  return taken.includes(name) ? unique(name) : name;
}
