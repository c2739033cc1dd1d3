import type { WeighLabel } from "../../clients/docker/container-list.ts";
import { saysWhere } from "../../core/domain/label-order.ts";
import { isReadLabel } from "./image-labels.ts";

/** These labels identify the container, so they are always kept. */
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

/** Labels with these prefixes neither open nor protect anything. */
const SPARE_PREFIXES = ["com.docker.", "homepage."];

/**
 * Decides which labels are kept if a container has too many. Labels that cfauth does not read are
 * never kept.
 */
export const weighLabelsOf =
  (prefix: string): WeighLabel =>
  (name) => {
    if (IDENTITY.has(name)) return "always";
    if (!isReadLabel(name, prefix)) return "ignored";
    if (SPARE_PREFIXES.some((head) => name.startsWith(head))) return "spare";
    return saysWhere(name) ? "first" : "rest";
  };
