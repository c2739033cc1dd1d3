/** A minimal browser: keeps cookies, follows redirects, fills in forms and submits them. */

import { probe } from "../../test/sandbox/edge/probe.ts";

export interface Hop {
  readonly status: number;
  readonly url: URL;
}

export interface Page extends Hop {
  readonly html: string;
  /** Every answer on the way, including this one. */
  readonly way: readonly Hop[];
}

export interface Visitor {
  open(url: string): Promise<Page>;
  /** Submits the form of the page with these values. */
  submit(page: Page, values: Readonly<Record<string, string>>): Promise<Page>;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly host: string;
  readonly path: string;
}

const MAX_HOPS = 15;

/** @throws {Error} if a redirect leads off this machine, or redirects never end */
export function visitor(): Visitor {
  let jar: readonly Cookie[] = [];

  const ask = async (url: URL, way: readonly Hop[], form?: URLSearchParams): Promise<Page> => {
    if (!url.hostname.endsWith(".localhost") || way.length > MAX_HOPS)
      throw new Error(`Redirects led to ${url.host} after ${way.length} steps.`);
    const cookie = jar
      .filter(({ host, path }) => host === url.hostname && url.pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`);
    const body = form && {
      method: "POST",
      body: form.toString(),
      headers: { "content-type": "application/x-www-form-urlencoded" },
    };
    const answer = await probe(Number(url.port), url.host, url.pathname + url.search, {
      cookie: cookie.join("; "),
      ...body,
    });
    jar = (answer.headers["set-cookie"] ?? []).reduce(
      (cookies, line) => storeCookie(cookies, url, line),
      jar,
    );
    const hop = { status: answer.status, url };
    const { location } = answer.headers;
    if (location !== undefined) return ask(new URL(location, url), [...way, hop]);
    return { ...hop, html: answer.body, way: [...way, hop] };
  };

  return {
    open: (url) => ask(new URL(url), []),
    submit: (page, values) =>
      ask(page.url, [], new URLSearchParams({ ...presetValues(page.html), ...values })),
  };
}

function storeCookie(jar: readonly Cookie[], { hostname }: URL, line: string): readonly Cookie[] {
  const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  const path = /;\s*path=([^;]*)/i.exec(line)?.[1] ?? "/";
  const others = jar.filter(
    (cookie) => cookie.name !== name || cookie.host !== hostname || cookie.path !== path,
  );
  const over = value === "" || /;\s*max-age=0/i.test(line);
  return over ? others : [...others, { name, value, host: hostname, path }];
}

/** The form's preset values: hidden fields and the button. */
function presetValues(html: string): Readonly<Record<string, string>> {
  const tags = html.match(/<(?:input|button)\b[^>]*>/g) ?? [];
  const attribute = (tag: string, name: string): string | undefined =>
    new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1];
  return Object.fromEntries(
    tags
      .map((tag) => [attribute(tag, "name") ?? "", attribute(tag, "value") ?? ""])
      .filter(([name]) => name !== ""),
  );
}

/** The page's heading. */
export const heading = ({ html }: Pick<Page, "html">): string =>
  /<h1>([^<]*)<\/h1>/.exec(html)?.[1] ?? "";

/** Whether a page asks for a password. */
export const asksForPassword = ({ html }: Pick<Page, "html">): boolean =>
  /<input\b[^>]*\stype="password"/.test(html);
