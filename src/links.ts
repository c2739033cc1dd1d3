import about from "../package.json" with { type: "json" };
import type { ProblemCode } from "./domain/problem.ts";

/** A page of the documentation, as it stands where the source is kept. @param page - such as `access.md` */
export const docs = (page: string): string => `${about.homepage}/blob/main/docs/${page}`;

/** What a problem means and how to mend it, by its code. */
export const problemDocs = (code: ProblemCode): string => `${docs("troubleshooting.md")}#${code.toLowerCase()}`;

/** The permissions that cfauth needs, as Cloudflare's template links name them. `argotunnel` is in no table of theirs, but works elsewhere. */
const TICKED = [
  { key: "argotunnel", type: "edit" },
  { key: "access", type: "edit" },
  { key: "access_acct", type: "edit" },
  { key: "dns", type: "edit" },
  { key: "zone", type: "read" },
];

/** Cloudflare's form for a new API token, with what cfauth needs ticked. It can not change a token that there is. */
export const TOKEN_FORM = `https://dash.cloudflare.com/profile/api-tokens?permissionGroupKeys=${encodeURIComponent(JSON.stringify(TICKED))}&accountId=*&zoneId=all&name=cfauth`;

export const ZERO_TRUST = "https://one.dash.cloudflare.com";

/** A page of the user's own Authentik, for its administrators. @param url - without a closing slash @param page - such as `core/tokens` */
export const authentikPage = (url: string, page: string): string => `${url}/if/admin/#/${page}`;
