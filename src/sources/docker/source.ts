import { z } from "zod";
import type { Docker } from "../../clients/docker.ts";
import type { Log } from "../../log.ts";
import type { Source } from "../source.ts";
import { identityOf } from "./identity.ts";
import { Listed } from "./listed.ts";
import { type Waiting, watchEvents } from "./watch.ts";
import { workloadOf } from "./workload.ts";

export interface DockerSourceOptions {
  readonly docker: Docker;
  readonly log: Pick<Log, "debug">;
  /** Other waits than the usual ones, for tests. */
  readonly waiting?: Waiting;
}

/**
 * The containers of one Docker engine. What the engine calls running is listed: those that are paused or between two tries of
 * a restart policy too, which have not been stopped. One list tells everything; nothing is inspected.
 */
export const createDockerSource = ({ docker, log, waiting = {} }: DockerSourceOptions): Source => ({
  list: async () => (await docker.containers(z.array(Listed))).map(workloadOf).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  watch: (onChange, onState) => watchEvents({ docker, log, onChange, onState, ...waiting }),
  identity: () => identityOf(docker),
});
