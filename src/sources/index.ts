export { createDockerSource } from "./docker/source.ts";
export type { Identity, Source, Watch } from "./source.ts";
