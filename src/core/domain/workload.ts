import type { Party } from "./party.ts";

/** What a source found: a running container, or a service. Plain data without any SDK type. */
export interface Workload {
  readonly id: string;
  /** The container's name, without the slash. */
  readonly name: string;
  /** The party that the container belongs to. */
  readonly party: Party;
  /** The Compose project and service it belongs to. */
  readonly service: { readonly project: string; readonly name: string } | undefined;
  /**
   * Further names that only its labels claim: of a Swarm task, or of a Compose service that it does
   * not belong to.
   */
  readonly claimedNames?: readonly string[];
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly labels: Readonly<Record<string, string>>;
  /** The number of further labels that the source dropped because of its limit. */
  readonly unreadLabels?: number;
  /** Which labels come from the image and not from the operator. */
  readonly imageLabels: ImageLabels;
  /** By network name. */
  readonly networks: Readonly<Record<string, Attachment>>;
  readonly ports: readonly Port[];
  readonly health: Health;
}

/** A container's attachment to one network. */
export interface Attachment {
  readonly ip: string | undefined;
  /**
   * The addresses that Docker's DNS returns for each host; empty if the name does not exist. Only
   * hosts that cfauth could ask for, because it is on that network itself.
   */
  readonly answers?: Readonly<Record<string, readonly string[]>>;
  readonly outside?: OutsideDns;
}

/**
 * Why the DNS outside Docker answers names on a network that no container has.
 *
 * - `any`: it answers every name
 * - `domain`: the network has the name of a domain
 * - `search`: it finds the name in a search domain
 */
export type OutsideDns = "any" | "domain" | "search";

/**
 * How cfauth treats labels of the image, which do not express the operator's intent.
 *
 * - `ignored`: the source removed these names from `labels`
 * - `unknown`: cfauth could not inspect the image, so any label may come from it; `why` says what
 *   failed
 * - `obeyed`: CFAUTH_IMAGE_LABELS=true
 */
export type ImageLabels =
  | { readonly kind: "ignored"; readonly names: readonly string[] }
  | { readonly kind: "unknown"; readonly why: string }
  | { readonly kind: "obeyed" };

export interface Port {
  readonly number: number;
  readonly protocol: "tcp" | "udp" | "sctp";
  /** The address and port on the host where the engine publishes it; undefined if not published. */
  readonly published: { readonly ip: string; readonly port: number } | undefined;
}

export type Health = "none" | "starting" | "healthy" | "unhealthy";
