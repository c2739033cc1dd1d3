/** Authentik's library: the page of tiles after a login. */

import { mayOpen } from "./policies.ts";
import type { Application, AuthentikState, User } from "./state.ts";
import type { Version } from "./versions.ts";

/** An address that leads nowhere: the way to hide a tile before 2026.5. */
const NOWHERE = "blank://blank";

/** The application's own address, else the origin of its provider's first redirect URI, else `null`. */
export function launchUrl(
  { providers }: AuthentikState,
  { meta_launch_url, provider }: Application,
): string | null {
  if (meta_launch_url !== "") return meta_launch_url;
  const first = providers.find(({ pk }) => pk === provider)?.redirect_uris[0];
  return URL.parse(first?.url ?? "")?.origin ?? null;
}

/** The applications that a user sees, sorted by heading and name. Superusers see no more than others. */
export function library(
  state: AuthentikState,
  version: Version,
  user: User,
): readonly Application[] {
  const shown = state.applications.filter((application) => {
    const url = launchUrl(state, application);
    const hidden = application.meta_hide && version.knows("application", "meta_hide");
    return url !== null && url !== NOWHERE && !hidden && mayOpen(state, application, user);
  });
  return shown.toSorted((a, b) => compare(a.group, b.group) || compare(a.name, b.name));
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
