/** The scene of the pictures: the real daemon and real containers, with the sandbox's Cloudflare and Authentik. */

import type Dockerode from "dockerode";
import { type Daemon, startDaemon } from "../../../test/e2e/daemon.ts";
import { RUN_ID, RUN_LABELS } from "../../../test/e2e/docker/run.ts";
import { freeName } from "../../demo/containers.ts";
import { type Setup, setUp } from "../../demo/setup.ts";
import { until } from "../../demo/until.ts";

/** A prefix of its own keeps other containers on the same engine out of the picture. */
const PREFIX = `cfauth-${RUN_ID}`;

export interface Household {
  readonly daemon: Daemon;
  /** The address of the status page. */
  readonly url: string;
  /** Replaces names that exist only in the sandbox by ordinary ones. */
  honest(text: string): string;
  /** @param labels - without their prefix */
  run(
    name: string,
    labels: Readonly<Record<string, string>>,
    more?: Dockerode.ContainerCreateOptions,
  ): Promise<Dockerode.Container>;
  /** Waits until each of these hostnames is in its state. */
  stand(states: Readonly<Record<string, string>>): Promise<void>;
  readonly setup: Setup;
}

/** @param left - removes what has been set up, also if a later step fails */
export async function moveIn(left: AsyncDisposableStack, signal: AbortSignal): Promise<Household> {
  const setup = await setUp(left, signal);
  const { engine, network, sandbox, image } = setup;
  const daemon = left.use(
    await startDaemon({
      ...sandbox.environment,
      CFAUTH_OWNER: "home-nas",
      CFAUTH_NETWORK: network,
      CFAUTH_LABEL_PREFIX: PREFIX,
      CFAUTH_STARTUP_GRACE_PERIOD: "1s",
    }),
  );
  await until("cfauth is ready", () => daemon.ready(), signal);
  const given = new Map<string, string>([
    [sandbox.zone, "example.com"],
    [sandbox.zone.replaceAll(".", ".<wbr>"), "example.<wbr>com"],
    [PREFIX, "cfauth"],
    [network, "tunnel"],
  ]);
  return {
    daemon,
    url: `http://127.0.0.1:${daemon.lines.find(({ msg }) => msg === "started")?.["port"]}/`,
    honest: (text) =>
      [...given].reduce((so, [here, elsewhere]) => so.replaceAll(here, elsewhere), text),
    run: async (name, labels, more = {}) => {
      const free = await freeName(engine, name);
      given.set(free, name);
      const container = await engine.createContainer({
        name: free,
        Image: image,
        Labels: {
          ...Object.fromEntries(
            Object.entries(labels).map(([key, value]) => [`${PREFIX}.${key}`, value]),
          ),
          ...RUN_LABELS,
        },
        HostConfig: { NetworkMode: network },
        ...more,
      });
      await container.start();
      return container;
    },
    stand: (states) =>
      until(
        JSON.stringify(states),
        async () => {
          const { routes } = await daemon.report();
          return Object.entries(states).every(([name, state]) =>
            routes.some((it) => it.hostname === `${name}.${sandbox.zone}` && it.state === state),
          );
        },
        signal,
      ),
    setup,
  };
}
