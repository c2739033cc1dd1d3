/** The tunnel that routes go through, and the file that hands its connector token to cloudflared. */
export interface ObservedTunnel {
  /** Undefined: not there yet; it is made by name. */
  readonly tunnel: Tunnel | undefined;
  /** How the token file stands; undefined when none is asked for. */
  readonly tokenFile: "current" | "stale" | undefined;
  /** What the tunnel is to be called when it has to be made. */
  readonly name: string;
}

export interface Tunnel {
  readonly id: string;
  readonly name: string;
  /** Where the tunnel takes its rules from. Rules of a `local` one cannot be set from here. */
  readonly source: "cloudflare" | "local";
  /** Whether any cloudflared is connected to it, as Cloudflare last said; undefined where it does not say. */
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
