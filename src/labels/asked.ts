import type { Asked } from "../domain/directory.ts";
import { list } from "../domain/list.ts";
import type { Workload } from "../domain/workload.ts";
import { bare } from "./family.ts";

/**
 * Which groups and service tokens the labels speak of, sound or not: what nobody speaks of is not looked up.
 *
 * @param defaults - groups of the routes that name none
 */
export function asked(workloads: readonly Workload[], prefix: string, defaults: readonly string[]): Asked {
  const labels = workloads.flatMap((workload) =>
    Object.entries(workload.labels).filter(([name]) => name.toLowerCase().startsWith(`${prefix.toLowerCase()}.`)),
  );
  const under = (key: string) => labels.filter(([name]) => name.endsWith(`.${key}`)).flatMap(([, text]) => list(bare(text)));
  return {
    groups: new Set([...under("access.groups"), ...(labels.length > 0 ? defaults : [])]),
    tokens: new Set(under("access.service-tokens").filter((name) => name !== "any")),
  };
}
