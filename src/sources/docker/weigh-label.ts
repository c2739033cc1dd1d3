import type { WeighLabel } from "../../clients/docker/container-list.ts";
import { saysWhere } from "../../core/domain/label-order.ts";
import { isRead } from "./image-labels.ts";

/** By these other containers' names are told from this one's: kept whatever else is not. */
const IDENTITY: ReadonlySet<string> = new Set([
  "com.docker.compose.project",
  "com.docker.compose.service",
  "com.docker.compose.oneoff",
  "com.docker.compose.config-hash",
  "com.docker.compose.container-number",
  "com.docker.stack.namespace",
  "com.docker.swarm.service.name",
  "com.docker.swarm.task.name",
  "com.docker.swarm.task.id",
]);

/** What they say opens nothing and protects nothing. */
const SPARE = ["com.docker.", "homepage."];

/** Which labels are kept where a container has more than can be kept. Those that cfauth does not read are never kept. */
export const weighLabelsOf =
  (prefix: string): WeighLabel =>
  (name) => {
    if (IDENTITY.has(name)) return "always";
    if (!isRead(name, prefix)) return "ignored";
    if (SPARE.some((head) => name.startsWith(head))) return "spare";
    return saysWhere(name) ? "first" : "rest";
  };
