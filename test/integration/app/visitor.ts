/** Visitors on the internet, and a short description of what they see. */

import { probe } from "../../sandbox/edge/probe.ts";
import { type Browser, browser, type Page } from "../../sandbox/edge/testing/browser.ts";
import type { Sandbox } from "../../sandbox/index.ts";

/** What an anonymous visitor sees without following redirects: `this is wiki: /`, `log in`, or the status. */
export async function stranger(
  { edge }: Pick<Sandbox, "edge">,
  host: string,
  path = "/",
  headers: Readonly<Record<string, string>> = {},
) {
  const { status, body, headers: answered } = await probe(edge.port, host, path, { headers });
  if (body.startsWith("this is ")) return body;
  return status === 302 && String(answered.location).includes("/cdn-cgi/access/login/")
    ? "log in"
    : String(status);
}

export interface Visitor {
  /** Opens a page of that host, logs in and consents if asked. @returns what is shown in the end */
  open(host: string, path?: string): Promise<string>;
  /** What a page shows with the visitor's existing cookies, without a new login. */
  still(host: string, path?: string): Promise<string>;
  /** How often the visitor had to enter a password. */
  readonly logins: number;
}

export function visitor({ edge }: Sandbox, username: string): Visitor {
  const own = browser();
  let logins = 0;
  return {
    open: async (host, path = "/") => {
      let page = await own.open(edge.url(host) + path);
      if (page.body.includes('id="log-in"')) {
        logins += 1;
        page = await own.submit(page.url.href, { username, password: `${username}-password` });
      }
      if (page.body.includes('id="continue"'))
        page = await own.submit(page.url.href, { continue: "yes" });
      return wordsOf(page);
    },
    still: async (host, path = "/") => {
      const { status, body } = await probe(edge.port, host, path, { cookie: own.cookies(host) });
      return body.startsWith("this is ") ? body : status === 302 ? "log in" : String(status);
    },
    get logins() {
      return logins;
    },
  };
}

/** Where a visitor with a browser ends up who cannot log in. */
export const wanderer = async (
  { edge }: Sandbox,
  host: string,
  path = "/",
  by: Browser = browser(),
): Promise<string> => wordsOf(await by.open(edge.url(host) + path));

function wordsOf({ status, body }: Page): string {
  if (body.startsWith("this is ")) return body;
  const [, title = ""] = /<h1>(.*?)<\/h1>/s.exec(body) ?? [];
  return `${status} ${title}`;
}
