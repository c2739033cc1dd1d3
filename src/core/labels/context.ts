import type { AuthentikContainer } from "../domain/authentik-container.ts";
import type { KnownServices } from "../domain/compose.ts";
import type { Lookups } from "../domain/directory.ts";
import type { Hostname } from "../domain/hostname.ts";
import type { LabelDialect } from "./dialects.ts";
import type { NameIndex } from "./name-index.ts";

/** What decoding needs beside the labels. */
export interface LabelContext {
  readonly prefix: string;
  /** Label families of other tools that are read as ours where a container has none of ours. */
  readonly reads: readonly LabelDialect[];
  /** Tunnel networks, the preferred one first. */
  readonly networks: readonly string[];
  /** Those that labels name beside them. */
  readonly named: readonly string[];
  readonly target: "name" | "id" | "ip" | "published";
  /** Completes bare hostnames. */
  readonly domain: string | undefined;
  /** Names of the zones that may be used. */
  readonly zones: readonly string[];
  /** Names of the zones that the token sees and CFAUTH_ZONES leaves out. */
  readonly excludedZones: readonly string[];
  readonly waitHealthy: boolean;
  readonly allowService: boolean;
  readonly allowPublic: boolean;
  /** Files on cloudflared's side that `origin.caPool` may name. */
  readonly caPools: readonly string[];
  /** What holds where a label is silent. */
  readonly defaults: {
    readonly access: "authentik" | "public";
    readonly groups: readonly string[];
    readonly session: string;
  };
  /** Where browsers reach Authentik itself (hostname, and path prefix or ""), and its own container. */
  readonly login: {
    readonly host: string;
    readonly path: string;
    readonly container: AuthentikContainer;
  };
  readonly lookups: Lookups;
  readonly nameIndex: NameIndex;
  /** What rules of ours lead to now, as host and as host with port: what replicas are reached by stays so while one of them restarts. */
  readonly routed: ReadonlySet<string>;
  readonly services: KnownServices;
  /** The hostnames that something of ours stands for now: what a bare name meant while there was one domain to complete it with. */
  readonly deployed: ReadonlySet<Hostname>;
}
