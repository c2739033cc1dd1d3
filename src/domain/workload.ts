/** What a source found: a container that runs, or a service. Plain data; no Docker type comes this far. */
export interface Workload {
  readonly id: string;
  /** The container's name, without the slash. */
  readonly name: string;
  /** The Compose project and service it belongs to. */
  readonly service: { readonly project: string; readonly name: string } | undefined;
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly labels: Readonly<Record<string, string>>;
  /** By network name. */
  readonly networks: Readonly<Record<string, { readonly ip: string | undefined }>>;
  readonly ports: readonly Port[];
  readonly health: Health;
}

export interface Port {
  readonly number: number;
  readonly protocol: "tcp" | "udp" | "sctp";
  /** Where the engine publishes it on the host. */
  readonly published: { readonly ip: string; readonly port: number } | undefined;
}

export type Health = "none" | "starting" | "healthy" | "unhealthy";
