import type { Neighbours } from "./neighbours.ts";

/** What decoding needs beside the labels. */
export interface Context {
  readonly prefix: string;
  /** Tunnel networks, the preferred one first. */
  readonly networks: readonly string[];
  readonly target: "name" | "ip" | "published";
  /** Completes bare hostnames. */
  readonly domain: string | undefined;
  /** Names of the zones that may be used. */
  readonly zones: readonly string[];
  readonly waitHealthy: boolean;
  readonly allowService: boolean;
  /** Hostname of Authentik itself. */
  readonly authentikHost: string;
  readonly neighbours: Neighbours;
  /** The hosts that rules of ours lead to now: a service that is reached by its own name stays so while a replica restarts. */
  readonly routed: ReadonlySet<string>;
}
