import { parseService } from "../domain/service-url.ts";
import { ours } from "./ingress/rules.ts";
import type { World } from "./world.ts";

/** The hosts that our rules lead to, each once: `app.tunnel`. None while nothing is known. */
export function routedHosts(world: World | undefined): readonly string[] {
  if (world === undefined) return [];
  const hosts = world.ingress.rules.filter((rule) => ours(rule, world)).flatMap(({ service }) => parseService(service)?.host ?? []);
  return [...new Set(hosts)].toSorted();
}
