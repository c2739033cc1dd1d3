/** The tunnel that carries the routes, and the file that gives cloudflared its connector token. */
export interface ObservedTunnel {
  /** Undefined if it does not exist yet; it is then created by name. */
  readonly tunnel: Tunnel | undefined;
  /** The state of the token file; undefined if none is requested. */
  readonly tokenFile: "current" | "stale" | undefined;
  /** The name of the tunnel if it has to be created. */
  readonly name: string;
}

export interface Tunnel {
  readonly id: string;
  readonly name: string;
  /** Where the tunnel takes its rules from. cfauth cannot set the rules of a `local` one. */
  readonly source: "cloudflare" | "local";
  /**
   * Whether a cloudflared is connected to it, as Cloudflare last reported; undefined if Cloudflare
   * does not report it.
   */
  readonly connected: boolean | undefined;
}

export type TunnelChange =
  | {
      readonly kind: "tunnel";
      readonly action: "create";
      readonly key: "tunnel";
      readonly subject: string;
    }
  | {
      readonly kind: "tunnel";
      readonly action: "update";
      readonly key: "tunnel-token-file";
      readonly subject: string;
      readonly id: string;
    };
