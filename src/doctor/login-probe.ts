import type { HttpProbe, ProbedPage } from "./http-probe.ts";

/**
 * Where somebody ends who is sent to log in.
 *
 * | is       | then                                                          |
 * |----------|---------------------------------------------------------------|
 * | login    | on Authentik's login page: as it has to be                    |
 * | access   | at a login of Access: Authentik is behind Access itself       |
 * | refused  | on a page that says why not                                   |
 * | silent   | nowhere: it does not answer                                   |
 */
export type LoginOutcome =
  | { readonly is: "login" }
  | { readonly is: "access"; readonly team: string }
  | { readonly is: "refused"; readonly says: string }
  | { readonly is: "silent"; readonly why: string };

/** More steps than Authentik takes from the authorize address to its login page. */
const MOST_STEPS = 6;

/** What is wrong with a login Authentik says before it sends anybody here (providers/oauth2/views/authorize.py, checked 2026-11). */
const LOGIN_PAGE = /\/if\/flow\/[^/]+\/?$/;

/** Follows the login as a browser without cookies would, as the dashboard's "Test" button does, and logs in nowhere. */
export async function followLogin(
  visit: HttpProbe,
  from: string,
  callback: string,
): Promise<LoginOutcome> {
  let at = from;
  for (let step = 0; step < MOST_STEPS; step += 1) {
    const team = accessLogin(at);
    if (team !== undefined) return { is: "access", team };
    if (at.startsWith(callback)) return { is: "refused", says: said(new URL(at).searchParams) };
    if (LOGIN_PAGE.test(new URL(at).pathname)) return { is: "login" };
    const page = await visit(at);
    if ("why" in page) return { is: "silent", why: page.why };
    if (page.status < 300 || page.status >= 400 || page.location === undefined)
      return { is: "refused", says: titled(page) };
    at = page.location;
  }
  return { is: "refused", says: "it is sent round in a circle" };
}

/** The team of an Access login page, by its address: Access never shows it under the hostname that it guards. */
export function accessLogin(url: string): string | undefined {
  const { hostname, pathname } = new URL(url);
  return pathname.startsWith("/cdn-cgi/access/login") ? hostname : undefined;
}

/** An error page in a few words: its headline or its title, with the status. */
function titled({ status, body }: ProbedPage): string {
  const [, found = ""] =
    /<h1[^>]*>([\s\S]*?)<\/h1>/i.exec(body) ?? /<title[^>]*>([\s\S]*?)<\/title>/i.exec(body) ?? [];
  const text = found
    .replaceAll(/<[^>]*>/g, "")
    .replaceAll(/\s+/g, " ")
    .trim()
    .slice(0, 120);
  return text === "" ? `status ${status}` : `"${text}" (${status})`;
}

const said = (answer: URLSearchParams): string =>
  `"${
    [answer.get("error"), answer.get("error_description")]
      .filter((it) => it !== null)
      .join(": ")
      .slice(0, 200) || "no error"
  }"`;
