import about from "../../package.json" with { type: "json" };
import type { ProblemCode } from "./domain/problem.ts";

/**
 * The address of a documentation page in the source repository. @param page - such as `access.md`
 */
export const docsUrl = (page: string): string => `${about.homepage}/blob/main/docs/${page}`;

/** The section that explains a problem code and how to fix it. */
export const problemUrl = (code: ProblemCode): string =>
  `${docsUrl("troubleshooting.md")}#${code.toLowerCase()}`;

/**
 * The permissions that cfauth needs, under the names that Cloudflare's template links use.
 * Cloudflare's tables do not list `argotunnel`, but it works elsewhere.
 */
const TOKEN_PERMISSIONS = [
  { key: "argotunnel", type: "edit" },
  { key: "access", type: "edit" },
  { key: "access_acct", type: "edit" },
  { key: "dns", type: "edit" },
  { key: "zone", type: "read" },
];

const permissionKeys = encodeURIComponent(JSON.stringify(TOKEN_PERMISSIONS));

/**
 * Cloudflare's form for a new API token, with the permissions that cfauth needs already selected.
 * The form cannot change an existing token.
 */
export const TOKEN_FORM = `https://dash.cloudflare.com/profile/api-tokens?permissionGroupKeys=${permissionKeys}&accountId=*&zoneId=all&name=cfauth`;

export const ZERO_TRUST = "https://one.dash.cloudflare.com";

/**
 * A page of the user's Authentik admin interface.
 *
 * @param url - without a trailing slash
 * @param page - such as `core/tokens`
 */
export const authentikPageUrl = (url: string, page: string): string => `${url}/if/admin/#/${page}`;

/**
 * The Access application in Cloudflare's dashboard. Cloudflare does not document this address.
 * It appears in addresses that people posted in 2026, under dash.cloudflare.com and
 * one.dash.cloudflare.com. The older `/access/apps/edit/<id>` no longer works.
 */
export const accessApplicationUrl = (account: string, id: string): string =>
  `${dashboard(account)}/access-controls/apps/self-hosted/${encodeURIComponent(id)}/edit`;

/** The list of the account's tunnels: the address of a single tunnel has changed too often. */
export const tunnelsUrl = (account: string): string =>
  `${dashboard(account)}/networks/connectors/cloudflare-tunnels`;

const dashboard = (account: string): string =>
  `https://dash.cloudflare.com/${encodeURIComponent(account)}/one`;

/**
 * An application in Authentik's admin interface, linked the same way as on Authentik's own pages
 * (goauthentik/authentik web/src, up to 2026.5).
 */
export const authentikApplicationUrl = (url: string, slug: string): string =>
  `${url}/if/admin/#/core/applications/${encodeURIComponent(slug)}`;
