import type { AuthentikContainer } from "../domain/authentik-container.ts";
import type { KnownServices } from "../domain/compose.ts";
import type { Lookups } from "../domain/directory.ts";
import type { Hostname } from "../domain/hostname.ts";
import type { LabelDialect } from "./dialects.ts";
import type { NameIndex } from "./name-index.ts";

/** The inputs of decoding besides the labels. */
export interface LabelContext {
  readonly prefix: string;
  /**
   * Label dialects of other tools that cfauth reads if a container has no label of its own prefix.
   */
  readonly reads: readonly LabelDialect[];
  /** Tunnel networks, the preferred one first. */
  readonly networks: readonly string[];
  /** Further networks, which labels name. */
  readonly named: readonly string[];
  readonly target: "name" | "id" | "ip" | "published";
  /** Completes bare hostnames. */
  readonly domain: string | undefined;
  /** Names of the usable zones. */
  readonly zones: readonly string[];
  /** Names of the zones that the token sees and CFAUTH_ZONES leaves out. */
  readonly excludedZones: readonly string[];
  readonly waitHealthy: boolean;
  readonly allowService: boolean;
  readonly allowPublic: boolean;
  /** Files on cloudflared's side that `origin.caPool` may name. */
  readonly caPools: readonly string[];
  /** The values that apply without a label. */
  readonly defaults: {
    readonly access: "authentik" | "public";
    readonly groups: readonly string[];
    readonly session: string;
  };
  /** Authentik's public address (hostname, and path prefix or ""), and its own container. */
  readonly login: {
    readonly host: string;
    readonly path: string;
    readonly container: AuthentikContainer;
  };
  readonly lookups: Lookups;
  readonly nameIndex: NameIndex;
  /**
   * The origins of our deployed rules, as host and as host with port. The host that leads to
   * replicas stays the same while one of them restarts.
   */
  readonly routed: ReadonlySet<string>;
  readonly services: KnownServices;
  /**
   * The hostnames of our deployed objects. A bare name may have meant one of them while there was a
   * single domain to complete it.
   */
  readonly deployed: ReadonlySet<Hostname>;
}
