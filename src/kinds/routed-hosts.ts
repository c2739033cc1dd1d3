import { ours } from "./ingress/rules.ts";
import type { World } from "./world.ts";

/** The hosts that our rules lead to, each once: `app.tunnel`. None while nothing is known. */
export function routedHosts(world: World | undefined): readonly string[] {
  if (world === undefined) return [];
  const hosts = world.ingress.rules.filter((rule) => ours(rule, world)).flatMap(({ service }) => hostOf(service) ?? []);
  return [...new Set(hosts)].toSorted();
}

/** `http://app.tunnel:80` leads to host `app.tunnel`; a status such as `http_status:503` leads to none. */
const hostOf = (service: string): string | undefined => /^[a-z]+:\/\/([^:/[\]]+)/.exec(service)?.[1];
