import type { SourceName } from "../config/settings.ts";
import { createDockerSource, type DockerSourceOptions } from "./docker/source.ts";
import type { Source } from "./source.ts";

const SOURCES: Readonly<Record<SourceName, (options: DockerSourceOptions) => Source>> = {
  containers: createDockerSource,
};

/** Creates the source that CFAUTH_SOURCES names. */
export const createSource = (name: SourceName, options: DockerSourceOptions): Source =>
  SOURCES[name](options);
