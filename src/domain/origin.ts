/** Where cloudflared sends a route's requests. */
export interface Origin {
  /** As cloudflared takes it: scheme, host and port, no path. `http://whoami:80` */
  readonly service: string;
  /** cloudflared's `originRequest` options by their own names; sorted by key. */
  readonly options: OriginOptions;
}

export type OriginOptions = Readonly<Record<string, string | number | boolean>>;

export const SCHEMES = ["http", "https", "tcp", "ssh", "rdp", "smb"] as const;
export type Scheme = (typeof SCHEMES)[number];

export function sameOrigin(a: Origin, b: Origin): boolean {
  const text = (origin: Origin) =>
    JSON.stringify([origin.service, Object.entries(origin.options).toSorted(([x], [y]) => (x < y ? -1 : 1))]);
  return text(a) === text(b);
}
