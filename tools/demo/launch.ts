/** Runs a container and waits, as somebody who knocks all the while, until its hostname asks for a login. */

import type Dockerode from "dockerode";
import { create, freeName, type Run, typed } from "./containers.ts";
import { hello } from "./image.ts";
import { type Knocks, knock } from "./knocks.ts";
import { type Running, teamHost } from "./telling.ts";
import { until } from "./until.ts";

export interface Open {
  readonly run: Run;
  readonly container: Dockerode.Container;
  readonly host: string;
  readonly url: string;
  /** That Docker gave the container. */
  readonly hostname: string;
  /** What its page says. */
  readonly words: string;
  /** From the start of the container to the first login page, in milliseconds. */
  readonly ms: number;
  readonly knocks: Knocks;
}

interface Launch {
  readonly name: string;
  /** First label of its hostname; the name unless told. */
  readonly at?: string;
  /** Beside that of the hostname, without their prefix. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Stands between the command and what follows from it. */
  readonly text: string;
}

export async function launch(
  running: Running,
  { name, at = name, labels: more = {}, text }: Launch,
): Promise<Open> {
  const { paper, stage, signal, begin, clock, alive } = running;
  const { engine, sandbox, network, image } = stage;
  const host = `${at}.${sandbox.zone}`;
  const labels = Object.fromEntries(
    Object.entries({ hostname: host, ...more }).map(([key, value]) => [`cfauth.${key}`, value]),
  );
  const run: Run = { name: await freeName(engine, name), network, image, labels };
  const container = await create(engine, run);
  const { Config } = await container.inspect();
  paper.command(...typed(run));
  paper.blank();
  paper.say(text);
  paper.blank();
  const knocking = knock(sandbox.edge.port, host, teamHost(stage));
  try {
    begin();
    await container.start();
    await until(`${host} asks for a login`, () => alive() && knocking.found().login > 0, signal);
    const ms = clock();
    await until(`cfauth says that ${host} is live`, () => isLive(running, host), signal);
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
      knocks: await knocking.stop(),
    };
  } finally {
    await knocking.stop();
  }
}

async function isLive({ alive, daemon }: Running, host: string): Promise<boolean> {
  return (
    alive() &&
    (await daemon.report()).routes.some(
      ({ hostname, state }) => hostname === host && state === "live",
    )
  );
}
