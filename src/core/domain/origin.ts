/** Where cloudflared sends a route's requests. */
export interface Origin {
  /** As cloudflared takes it: scheme, host and port, no path. `http://whoami.tunnel:80` */
  readonly service: string;
  /** cloudflared's `originRequest` options by their own names; sorted by key. */
  readonly options: OriginOptions;
}

export type OriginOptions = Readonly<Record<string, string | number | boolean>>;

/**
 * Another way to the container than by its name on the network, `name`. `shared`: another container answers to the name, or may.
 * `unanswered`: Docker's DNS does not know it. `unusable`: cloudflared cannot ask for it. `outside`: the network is called like a domain, so the
 * DNS outside may answer it while the container is stopped. `kept`: one of these was so when the
 * rule was written, and the rule stays as it is until the container is recreated.
 */
export interface Detour {
  readonly by: "id" | "address";
  readonly name: string;
  readonly why: "shared" | "unanswered" | "unusable" | "outside" | "kept";
}

export const SCHEMES = ["http", "https", "tcp", "ssh", "rdp", "smb"] as const;
export type Scheme = (typeof SCHEMES)[number];

export function sameOrigin(a: Origin, b: Origin): boolean {
  const text = (origin: Origin) =>
    JSON.stringify([
      origin.service,
      Object.entries(origin.options).toSorted(([x], [y]) => (x < y ? -1 : 1)),
    ]);
  return text(a) === text(b);
}
