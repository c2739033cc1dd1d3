/** A folder in which a person has followed the Compose file: its commands run, its values filled in, and images replaced. */

import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import type Dockerode from "dockerode";
import { attempt, command, lastLines } from "../../../tools/ci/command.ts";
import type { Compose } from "../../../tools/ci/compose.ts";
import { quickStart } from "../../../tools/docs/quick-start.ts";
import { originImage } from "../docker/images.ts";
import { productImage } from "../docker/product-image.ts";
import { docker, LABEL, RUN_ID, RUN_LABELS, unique } from "../docker/run.ts";
import {
  authentikImage,
  cloudflaredImage,
  postgresImage,
  socketProxyImage,
} from "../docker/stand-ins.ts";
import type { Outside } from "./outside.ts";

const ROOT = resolve(import.meta.dirname, "../../..");

export interface Project extends AsyncDisposable {
  /** The content of `.env`. */
  setting(name: string): Promise<string>;
  /** Runs the last documented command. */
  up(): Promise<void>;
  down(): Promise<void>;
  /** Runs a command in a service's container, as a person does. */
  exec(
    service: string,
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly output: string }>;
  /** Runs a command of a service in a new container, as a person does before the service is started. */
  run(
    service: string,
    ...args: readonly string[]
  ): Promise<{ readonly code: number; readonly output: string }>;
  /** The output of a Node script in the container, without Compose, which takes seconds. */
  evaluate(service: string, script: string, ...args: readonly string[]): Promise<string>;
  /** The log of a service's container. */
  log(service: string): Promise<string>;
  /** The inspected state of each service's container. */
  containers(): Promise<ReadonlyMap<string, Dockerode.ContainerInspectInfo>>;
}

interface ProjectOptions {
  readonly compose: Compose;
  /** The values that a person fills in. */
  readonly values: Readonly<Record<string, string>>;
  /** Further lines of `.env` for this machine. */
  readonly more: Readonly<Record<string, string>>;
  readonly override: object;
}

export async function project({
  compose,
  values,
  more,
  override,
}: ProjectOptions): Promise<Project> {
  const folder = await mkdtemp(join(tmpdir(), "cfauth-compose-"));
  for (const name of [
    "docker-compose.example.yml",
    ".env.example",
    "contrib/authentik/cfauth-blueprint.yaml",
  ])
    await cp(join(ROOT, name), join(folder, name));
  const [prepare = "", up = ""] = quickStart(
    await readFile(join(folder, "docker-compose.example.yml"), "utf8"),
  );
  await command("sh", ["-euc", prepare], { cwd: folder });
  const env = await readFile(join(folder, ".env"), "utf8");
  const filled = env.replace(/^(\w+)=$/gm, (line, name: string) =>
    values[name] === undefined ? line : `${line}${values[name]}`,
  );
  const lines = Object.entries(more).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(join(folder, ".env"), filled + lines.join(""));
  // JSON is valid YAML.
  await writeFile(join(folder, "compose.override.yaml"), JSON.stringify(override));
  const [program, ...first] = compose;
  const run = (...args: readonly string[]) =>
    attempt(program, [...first, ...args], { cwd: folder });
  const must = async (...args: readonly string[]): Promise<void> => {
    const { code, output } = await run(...args);
    if (code !== 0)
      throw new Error(
        `${[...compose, ...args].join(" ")} ended with ${code}:\n${lastLines(output, 40)}`,
      );
  };
  return {
    setting: async (name) =>
      new RegExp(`^${name}=(.+)$`, "m").exec(await readFile(join(folder, ".env"), "utf8"))?.[1] ??
      "",
    up: () => must(...up.replace(/^docker compose /, "").split(" ")),
    down: () => must("down"),
    exec: (service, ...args) => run("exec", "-T", service, ...args),
    run: (service, ...args) => run("run", "--rm", "-T", service, ...args),
    evaluate: async (service, script, ...args) =>
      evaluated((await ofRun()).get(service)?.Id ?? "", script, args),
    log: async (service) => {
      const own = (await docker()).getContainer((await ofRun()).get(service)?.Id ?? "");
      return plain(await own.logs({ stdout: true, stderr: true }));
    },
    containers: ofRun,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  };
}

async function ofRun(): Promise<ReadonlyMap<string, Dockerode.ContainerInspectInfo>> {
  const engine = await docker();
  const listed = await engine.listContainers({
    all: true,
    filters: { label: [`${LABEL.run}=${RUN_ID}`] },
  });
  const inspected = await Promise.all(listed.map(({ Id }) => engine.getContainer(Id).inspect()));
  return new Map(
    inspected.map((each) => [each.Config.Labels["com.docker.compose.service"] ?? "", each]),
  );
}

async function evaluated(id: string, script: string, args: readonly string[]): Promise<string> {
  const Cmd = ["/nodejs/bin/node", "--input-type=module", "--eval", script, ...args];
  const exec = await (await docker())
    .getContainer(id)
    .exec({ Cmd, AttachStdout: true, AttachStderr: true });
  return plain(await buffer(await exec.start({})));
}

/** Removes the eight bytes before each chunk with which Docker separates the two outputs. */
function plain(multiplexed: Buffer): string {
  const pieces: string[] = [];
  for (let at = 0; at + 8 <= multiplexed.length; ) {
    const end = at + 8 + multiplexed.readUInt32BE(at + 4);
    pieces.push(multiplexed.toString("utf8", at + 8, end));
    at = end;
  }
  return pieces.join("");
}

interface OverrideOptions {
  readonly outside: Outside;
  /** Authentik's public URL in the sandbox, which has no port 443. */
  readonly authentikUrl: string;
  /** Replaces the network's name, which this machine may already use. */
  readonly tunnel: string;
}

/** Replaces images, addresses and check intervals for a test. Nothing else of the file changes. */
export async function override({
  outside,
  authentikUrl,
  tunnel,
}: OverrideOptions): Promise<object> {
  const [authentik, labels] = [await authentikImage(), RUN_LABELS];
  // Replace names that this machine may already use.
  const [container, api] = [unique("authentik-server"), unique("authentik-api")];
  const often = { healthcheck: { interval: "1s" } };
  const told = { SANDBOX: outside.told, SANDBOX_AUTHENTIK: outside.authentik };
  return {
    services: {
      whoami: { image: await originImage("one"), labels },
      cfauth: {
        image: await productImage(),
        labels,
        environment: {
          CLOUDFLARE_BASE_URL: outside.cloudflare,
          AUTHENTIK_URL: authentikUrl,
          AUTHENTIK_API_URL: `http://${container}.${api}:9000`,
          CFAUTH_AUTHENTIK_CONTAINER: container,
          CFAUTH_NETWORK: tunnel,
        },
        ...often,
      },
      "socket-proxy": { image: await socketProxyImage(), labels, ...often },
      cloudflared: { image: await cloudflaredImage(), labels, environment: told, ...often },
      "authentik-server": {
        image: authentik,
        container_name: container,
        labels,
        environment: told,
      },
      "authentik-worker": { image: authentik, labels, environment: told },
      postgresql: { image: await postgresImage(), labels, ...often },
    },
    networks: {
      tunnel: { name: tunnel, labels },
      api: { name: api, labels },
      authentik: { labels },
      socket: { labels },
    },
    volumes: { "tunnel-token": { labels }, "authentik-data": { labels }, database: { labels } },
  };
}
