import about from "../../package.json" with { type: "json" };
import type { ProblemCode } from "./domain/problem.ts";

/** A page of the documentation, as it stands where the source is kept. @param page - such as `access.md` */
export const docsUrl = (page: string): string => `${about.homepage}/blob/main/docs/${page}`;

/** What a problem means and how to mend it, by its code. */
export const problemUrl = (code: ProblemCode): string =>
  `${docsUrl("troubleshooting.md")}#${code.toLowerCase()}`;

/** The permissions that cfauth needs, as Cloudflare's template links name them. `argotunnel` is in no table of theirs, but works elsewhere. */
const TICKED = [
  { key: "argotunnel", type: "edit" },
  { key: "access", type: "edit" },
  { key: "access_acct", type: "edit" },
  { key: "dns", type: "edit" },
  { key: "zone", type: "read" },
];

/** Cloudflare's form for a new API token, with what cfauth needs ticked. It cannot change a token that there is. */
export const TOKEN_FORM = `https://dash.cloudflare.com/profile/api-tokens?permissionGroupKeys=${encodeURIComponent(JSON.stringify(TICKED))}&accountId=*&zoneId=all&name=cfauth`;

export const ZERO_TRUST = "https://one.dash.cloudflare.com";

/** A page of the user's own Authentik, for its administrators. @param url - without a closing slash @param page - such as `core/tokens` */
export const authentikPageUrl = (url: string, page: string): string => `${url}/if/admin/#/${page}`;
/**
 * The Access application in Cloudflare's dashboard. Nowhere documented; seen in addresses that people wrote down in 2026, under
 * dash.cloudflare.com and one.dash.cloudflare.com. The older `/access/apps/edit/<id>` is no longer found.
 */
export const accessApplicationUrl = (account: string, id: string): string =>
  `${dashboard(account)}/access-controls/apps/self-hosted/${encodeURIComponent(id)}/edit`;

/** The account's tunnels: the addresses of a single one have changed too often. */
export const tunnelsUrl = (account: string): string =>
  `${dashboard(account)}/networks/connectors/cloudflare-tunnels`;

const dashboard = (account: string): string =>
  `https://dash.cloudflare.com/${encodeURIComponent(account)}/one`;

/** An application in Authentik's admin interface, as Authentik's own pages link it (goauthentik/authentik web/src, to 2026.5). */
export const authentikApplicationUrl = (url: string, slug: string): string =>
  `${url}/if/admin/#/core/applications/${encodeURIComponent(slug)}`;
