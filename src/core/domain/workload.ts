import type { Party } from "./party.ts";

/** What a source found: a container that runs, or a service. Plain data; no Docker type comes this far. */
export interface Workload {
  readonly id: string;
  /** The container's name, without the slash. */
  readonly name: string;
  /** Whose container this is. */
  readonly party: Party;
  /** The Compose project and service it belongs to. */
  readonly service: { readonly project: string; readonly name: string } | undefined;
  /** Further names that its labels say it answers to, as a Swarm task or of a Compose service that it is not of. */
  readonly claimedNames?: readonly string[];
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly labels: Readonly<Record<string, string>>;
  /** How many more labels there are that the source had no room for. */
  readonly unreadLabels?: number;
  /** Which of the labels come from the image and not from the operator. */
  readonly imageLabels: ImageLabels;
  /** By network name. */
  readonly networks: Readonly<Record<string, Attachment>>;
  readonly ports: readonly Port[];
  readonly health: Health;
}

/** A container's place on one network. */
export interface Attachment {
  readonly ip: string | undefined;
  /** What Docker's DNS answers for a host, as far as cfauth is on that network and could ask: addresses, none where there is no such name. */
  readonly answers?: Readonly<Record<string, readonly string[]>>;
  readonly outside?: OutsideDns;
}

/**
 * How the DNS outside Docker answers names on a network that no container has: `any`: it answers every name; `domain`: the
 * network is called like a domain; `search`: in a search domain.
 */
export type OutsideDns = "any" | "domain" | "search";

/**
 * An image's labels are no wish of the operator's. `ignored`: these names were taken out of `labels`. `unknown`: the image could
 * not be inspected, so any label may be the image's; `why` says what failed. `obeyed`: CFAUTH_IMAGE_LABELS=true.
 */
export type ImageLabels =
  | { readonly kind: "ignored"; readonly names: readonly string[] }
  | { readonly kind: "unknown"; readonly why: string }
  | { readonly kind: "obeyed" };

export interface Port {
  readonly number: number;
  readonly protocol: "tcp" | "udp" | "sctp";
  /** Where the engine publishes it on the host. */
  readonly published: { readonly ip: string; readonly port: number } | undefined;
}

export type Health = "none" | "starting" | "healthy" | "unhealthy";
