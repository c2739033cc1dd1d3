export { createSource } from "./create-source.ts";
export { withAnswers } from "./docker/answers.ts";
export { outsideProbe } from "./docker/outside.ts";
export { createDockerSource } from "./docker/source.ts";
