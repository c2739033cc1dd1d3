import type { LoginAddressSettings } from "./types.ts";

/** Where browsers reach Authentik: its hostname, and its path prefix (or ""). */
export function addressOf({ publicUrl }: LoginAddressSettings): {
  readonly hostname: string;
  readonly path: string;
} {
  const { hostname, pathname } = new URL(publicUrl);
  return { hostname, path: pathname.replace(/\/+$/, "") };
}
