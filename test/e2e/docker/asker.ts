/** A container on networks of a run that asks Docker's DNS with cfauth's own client. */

import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import type Dockerode from "dockerode";
import { build } from "esbuild";
import type { DockerDns } from "../../../src/clients/docker/dns.ts";
import { runtimeImage } from "./base-images.ts";
import type { Network } from "./network.ts";
import { docker, RUN_LABELS, unique } from "./run.ts";

const DNS = new URL("../../../src/clients/docker/dns.ts", import.meta.url).pathname;
const NODE = "/nodejs/bin/node";

export interface Asker extends AsyncDisposable {
  readonly dns: DockerDns;
  /** Its machine name, which is its short id, as in any container. */
  readonly hostname: string;
}

export async function asker(networks: readonly [Network, ...Network[]]): Promise<Asker> {
  const engine = await docker();
  const [first, ...others] = networks;
  const created = await engine.createContainer({
    Image: await runtimeImage(),
    name: unique("asker"),
    Labels: { ...RUN_LABELS },
    Cmd: ["--eval", "setInterval(() => {}, 1e9)"],
    StopSignal: "SIGKILL",
    HostConfig: { NetworkMode: first.name },
  });
  for (const network of others)
    await engine.getNetwork(network.id).connect({ Container: created.id });
  await created.start();
  const program = await clientProgram();
  return {
    hostname: created.id.slice(0, 12),
    dns: {
      addresses: async (names, timeoutMs) =>
        new Map(
          JSON.parse(
            await output(created, [
              NODE,
              "--input-type=module",
              "--eval",
              program,
              String(timeoutMs),
              ...names,
            ]),
          ),
        ),
      searchDomains: () => [],
    },
    [Symbol.asyncDispose]: async () => void (await created.remove({ force: true, v: true })),
  };
}

/** The client as one text, with a call to it. */
async function clientProgram(): Promise<string> {
  const contents = `import { createDockerDns } from ${JSON.stringify(DNS)};
const [timeoutMs, ...names] = process.argv.slice(1);
console.log(JSON.stringify([...(await createDockerDns().addresses(names, Number(timeoutMs)))]));`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname, loader: "ts" },
    bundle: true,
    platform: "node",
    format: "esm",
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}

async function output(container: Dockerode.Container, Cmd: string[]): Promise<string> {
  const exec = await container.exec({ Cmd, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const [out, err] = [new PassThrough(), new PassThrough()];
  container.modem.demuxStream(stream, out, err);
  stream.on("end", () => {
    out.end();
    err.end();
  });
  const [written, faults] = await Promise.all([text(out), text(err)]);
  if (faults !== "") throw new Error(faults);
  return written;
}
