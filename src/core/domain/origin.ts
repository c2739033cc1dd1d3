/** Where cloudflared sends a route's requests. */
export interface Origin {
  /** In cloudflared's form: scheme, host and port, no path. `http://whoami.tunnel:80` */
  readonly service: string;
  /** cloudflared's `originRequest` options under their own names; sorted by key. */
  readonly options: OriginOptions;
}

export type OriginOptions = Readonly<Record<string, string | number | boolean>>;

/**
 * A rule reaches the container by id or address, and not by `name`, its name on the network. Why:
 *
 * - `shared`: another container answers to the name, or may
 * - `unanswered`: Docker's DNS does not know the name
 * - `unusable`: cloudflared cannot resolve the name
 * - `outside`: the network has the name of a domain, so the DNS outside Docker may answer the name
 *   while the container is stopped
 * - `kept`: one of these reasons applied when the rule was written; the rule stays until the
 *   container is recreated
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
