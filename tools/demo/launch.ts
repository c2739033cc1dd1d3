/** Starts a container and requests its hostname until it asks for a login. */

import type Dockerode from "dockerode";
import { create, dockerRunCommand, freeName, type Run } from "./containers.ts";
import { type RunningDemo, teamHost } from "./context.ts";
import { hello } from "./image.ts";
import { type PollCounts, pollHostname } from "./poll.ts";
import { until } from "./until.ts";

export interface Open {
  readonly run: Run;
  readonly container: Dockerode.Container;
  readonly host: string;
  readonly url: string;
  /** The hostname that Docker gave the container. */
  readonly hostname: string;
  /** The heading of its page. */
  readonly words: string;
  /** Milliseconds from the start of the container to the first login page. */
  readonly ms: number;
  readonly counts: PollCounts;
}

interface Launch {
  readonly name: string;
  /** The first label of its hostname; by default the container's name. */
  readonly at?: string;
  /** Labels besides the hostname, without the prefix. */
  readonly labels?: Readonly<Record<string, string>>;
  /** The text between the command and its effects. */
  readonly text: string;
}

export async function launch(
  running: RunningDemo,
  { name, at = name, labels: more = {}, text }: Launch,
): Promise<Open> {
  const { output, setup, signal, begin, clock, alive } = running;
  const { engine, sandbox, network, image } = setup;
  const host = `${at}.${sandbox.zone}`;
  const labels = Object.fromEntries(
    Object.entries({ hostname: host, ...more }).map(([key, value]) => [`cfauth.${key}`, value]),
  );
  const run: Run = { name: await freeName(engine, name), network, image, labels };
  const container = await create(engine, run);
  const { Config } = await container.inspect();
  output.command(...dockerRunCommand(run));
  output.blank();
  output.say(text);
  output.blank();
  const poll = pollHostname(sandbox.edge.port, host, teamHost(setup));
  try {
    begin();
    await container.start();
    await until(`${host} asks for a login`, () => alive() && poll.found().login > 0, signal);
    const ms = clock();
    await until(`cfauth reports ${host} as live`, () => isLive(running, host), signal);
    const { Hostname: hostname } = Config;
    const url = `${sandbox.edge.url(host)}/`;
    return {
      run,
      container,
      host,
      url,
      hostname,
      words: hello(hostname),
      ms,
      counts: await poll.stop(),
    };
  } finally {
    await poll.stop();
  }
}

async function isLive({ alive, daemon }: RunningDemo, host: string): Promise<boolean> {
  return (
    alive() &&
    (await daemon.report()).routes.some(
      ({ hostname, state }) => hostname === host && state === "live",
    )
  );
}
