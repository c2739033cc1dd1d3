/** A minimal browser for the edge's own tests: follows redirects between local names and keeps cookies by host. */

import { type ProbeAnswer, type ProbeOptions, probe } from "../probe.ts";

export interface Page extends ProbeAnswer {
  /** The final URL. */
  readonly url: URL;
  /** Every URL on the way, including the first one. */
  readonly way: readonly string[];
}

export interface Browser {
  /** Follows at most ten redirects. */
  open(url: string): Promise<Page>;
  /** Submits a form and follows redirects like `open`. */
  submit(url: string, fields: Readonly<Record<string, string>>): Promise<Page>;
  /** `name=value; …` for a host. */
  cookies(host: string): string;
}

export function browser(): Browser {
  const jars = new Map<string, Map<string, string>>();
  const jar = (host: string): Map<string, string> =>
    jars.get(host) ?? jars.set(host, new Map()).get(host) ?? new Map();
  const cookies = (host: string): string =>
    [...jar(host)].map(([name, value]) => `${name}=${value}`).join("; ");

  const open = async (
    address: string,
    way: readonly string[] = [],
    form: ProbeOptions = {},
  ): Promise<Page> => {
    const url = new URL(address);
    const answer = await probe(Number(url.port), url.host, url.pathname + url.search, {
      ...form,
      cookie: cookies(url.hostname),
    });
    for (const line of answer.headers["set-cookie"] ?? []) keep(jar(url.hostname), line);
    const here = [...way, address];
    const { location } = answer.headers;
    if (location === undefined || here.length > 10) return { ...answer, url, way: here };
    return open(new URL(location, url).href, here);
  };
  const submit = (url: string, fields: Readonly<Record<string, string>>): Promise<Page> => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    return open(url, [], { method: "POST", headers, body: new URLSearchParams(fields).toString() });
  };
  return { open: (url) => open(url), submit, cookies };
}

function keep(jar: Map<string, string>, line: string): void {
  const [pair = "", ...attributes] = line.split(/;\s*/);
  const [name = "", value = ""] = pair.split(/=(.*)/s);
  if (attributes.includes("Max-Age=0")) jar.delete(name);
  else jar.set(name, value);
}
