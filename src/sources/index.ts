export { createDockerSource } from "./docker/source.ts";
