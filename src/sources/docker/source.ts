import { z } from "zod";
import type { Docker } from "../../clients/docker/docker.ts";
import type { Workload } from "../../core/domain/workload.ts";
import type { Log } from "../../log/log.ts";
import type { Source } from "../source.ts";
import { ListedContainer } from "./container.ts";
import { identityOf } from "./identity.ts";
import { type ImageAnswer, isRead, withoutImageLabels } from "./image-labels.ts";
import { createImages, type Images } from "./images.ts";
import { type RetryTiming, watchEvents } from "./watch.ts";
import { weighLabelsOf } from "./weigh-label.ts";
import { workloadOf } from "./workload.ts";

export interface DockerSourceOptions {
  readonly docker: Docker;
  readonly log: Pick<Log, "debug">;
  /** Of cfauth's labels, without the dot; `cfauth` unless told. */
  readonly prefix?: string;
  /** Whether labels that come from an image count (CFAUTH_IMAGE_LABELS); false unless told. */
  readonly imageLabels?: boolean;
  /** Other waits than the usual ones, for tests. */
  readonly waiting?: RetryTiming;
  /** Milliseconds of a clock that only goes forward. */
  readonly uptime?: () => number;
}

/**
 * The containers of one Docker engine. What the engine calls running is listed: those that are paused or between two tries of
 * a restart policy too, which have not been stopped. No container is inspected, which would show its environment; an image is,
 * once, where a container of it carries labels that cfauth reads: what the image says is no wish of the operator's.
 */
export function createDockerSource({
  docker,
  log,
  prefix = "cfauth",
  imageLabels = false,
  waiting = {},
  uptime = () => performance.now(),
}: DockerSourceOptions): Source {
  const images = createImages(docker, prefix, uptime);
  const weighLabel = weighLabelsOf(prefix);
  return {
    list: async () => {
      const listed = await docker.containers(z.array(ListedContainer), weighLabel);
      const workloads = imageLabels
        ? listed.map((it) => workloadOf(it))
        : await ofOperators(listed, images, prefix);
      return workloads.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    },
    watch: (onChange, onState) => watchEvents({ docker, log, onChange, onState, ...waiting }),
    identity: () => identityOf(docker),
  };
}

const NO_LABELS: ImageAnswer = { kind: "known", labels: {} };

/** The containers with the labels that their operators gave them. */
async function ofOperators(
  listed: readonly ListedContainer[],
  images: Images,
  prefix: string,
): Promise<readonly Workload[]> {
  const speaks = ({ Labels }: ListedContainer): boolean =>
    Object.keys(Labels ?? {}).some((name) => isRead(name, prefix));
  const answers = await images.labelsOf(
    new Set(listed.filter(speaks).map(({ ImageID = "" }) => ImageID)),
  );
  return listed.map((it) => {
    const separated = withoutImageLabels(
      it,
      speaks(it) ? (answers.get(it.ImageID ?? "") ?? NO_LABELS) : NO_LABELS,
      prefix,
    );
    return { ...workloadOf(separated.listed), imageLabels: separated.imageLabels };
  });
}
