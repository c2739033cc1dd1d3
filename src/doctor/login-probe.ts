import type { HttpProbe, ProbedPage } from "./http-probe.ts";

/**
 * Where the login redirect ends.
 *
 * | is       | where it ends                                                 |
 * |----------|---------------------------------------------------------------|
 * | login    | at Authentik's login page, as it should                       |
 * | access   | at an Access login: Authentik itself is behind Access         |
 * | refused  | at a page that gives a reason                                 |
 * | silent   | nowhere: no response                                          |
 */
export type LoginOutcome =
  | { readonly is: "login" }
  | { readonly is: "access"; readonly team: string }
  | { readonly is: "refused"; readonly says: string }
  | { readonly is: "silent"; readonly why: string };

/** More redirects than Authentik needs from the authorize URL to its login page. */
const MAX_REDIRECTS = 6;

/**
 * Authentik reports a faulty login request before it redirects to this page
 * (providers/oauth2/views/authorize.py, checked 2026-11).
 */
const LOGIN_PAGE = /\/if\/flow\/[^/]+\/?$/;

/**
 * Follows the login redirects like a browser without cookies, as the dashboard's "Test" button
 * does. Does not log in.
 */
export async function followLogin(
  visit: HttpProbe,
  from: string,
  callback: string,
): Promise<LoginOutcome> {
  let at = from;
  for (let step = 0; step < MAX_REDIRECTS; step += 1) {
    const team = accessLogin(at);
    if (team !== undefined) return { is: "access", team };
    if (at.startsWith(callback))
      return { is: "refused", says: describeError(new URL(at).searchParams) };
    if (LOGIN_PAGE.test(new URL(at).pathname)) return { is: "login" };
    const page = await visit(at);
    if ("why" in page) return { is: "silent", why: page.why };
    if (page.status < 300 || page.status >= 400 || page.location === undefined)
      return { is: "refused", says: describePage(page) };
    at = page.location;
  }
  return { is: "refused", says: "a redirect loop" };
}

/**
 * The team domain if the URL is an Access login page. Access never serves that page under the
 * protected hostname.
 */
export function accessLogin(url: string): string | undefined {
  const { hostname, pathname } = new URL(url);
  return pathname.startsWith("/cdn-cgi/access/login") ? hostname : undefined;
}

/** Summarises an error page: its heading or title, with the status. */
function describePage({ status, body }: ProbedPage): string {
  const [, found = ""] =
    /<h1[^>]*>([\s\S]*?)<\/h1>/i.exec(body) ?? /<title[^>]*>([\s\S]*?)<\/title>/i.exec(body) ?? [];
  const text = found
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/\s+/g, " ")
    .trim()
    .slice(0, 120);
  return text === "" ? `status ${status}` : `"${text}" (${status})`;
}

const describeError = (answer: URLSearchParams): string =>
  `"${
    [answer.get("error"), answer.get("error_description")]
      .filter((it) => it !== null)
      .join(": ")
      .slice(0, 200) || "no error"
  }"`;
