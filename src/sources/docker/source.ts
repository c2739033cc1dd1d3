import { z } from "zod";
import type { Docker } from "../../clients/docker/docker.ts";
import type { Workload } from "../../core/domain/workload.ts";
import type { Log } from "../../log/log.ts";
import type { Source } from "../source.ts";
import { ListedContainer } from "./container.ts";
import { identityOf } from "./identity.ts";
import { type ImageAnswer, isReadLabel, withoutImageLabels } from "./image-labels.ts";
import { createImages, type Images } from "./images.ts";
import { type RetryTiming, watchEvents } from "./watch.ts";
import { weighLabelsOf } from "./weigh-label.ts";
import { workloadOf } from "./workload.ts";

export interface DockerSourceOptions {
  readonly docker: Docker;
  readonly log: Pick<Log, "debug">;
  /** The prefix of cfauth's labels without the dot. Default: `cfauth`. */
  readonly prefix?: string;
  /** True if labels that come from an image count (CFAUTH_IMAGE_LABELS). Default: false. */
  readonly imageLabels?: boolean;
  /** Overrides the usual delays, for tests. */
  readonly waiting?: RetryTiming;
  /** A monotonic clock in milliseconds. */
  readonly uptime?: () => number;
}

/**
 * Lists the containers of one Docker engine: all that the engine calls running. That includes
 * paused containers and those between two attempts of a restart policy, because nobody stopped
 * them. Containers are never inspected, because that would reveal their environment. An image is
 * inspected once if a container of it has labels that cfauth reads, because the labels of the image
 * do not come from the operator.
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
        : await withoutLabelsOfImages(listed, images, prefix);
      return workloads.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    },
    watch: (onChange, onState) => watchEvents({ docker, log, onChange, onState, ...waiting }),
    identity: () => identityOf(docker),
  };
}

const NO_LABELS: ImageAnswer = { kind: "known", labels: {} };

/** Converts containers, keeping only the labels that their operators wrote. */
async function withoutLabelsOfImages(
  listed: readonly ListedContainer[],
  images: Images,
  prefix: string,
): Promise<readonly Workload[]> {
  const hasReadLabels = ({ Labels }: ListedContainer): boolean =>
    Object.keys(Labels ?? {}).some((name) => isReadLabel(name, prefix));
  const answers = await images.labelsOf(
    new Set(listed.filter(hasReadLabels).map(({ ImageID = "" }) => ImageID)),
  );
  return listed.map((it) => {
    const known = hasReadLabels(it) ? answers.get(it.ImageID ?? "") : undefined;
    const separated = withoutImageLabels(it, known ?? NO_LABELS, prefix);
    return { ...workloadOf(separated.listed), imageLabels: separated.imageLabels };
  });
}
