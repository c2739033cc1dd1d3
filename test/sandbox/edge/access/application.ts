/** Which Access application covers a request. */

import type { AccessApplication } from "../../cloudflare/state.ts";

interface Cover {
  readonly application: AccessApplication;
  readonly host: string;
  /** `""` for the whole host, else a path with a leading `/`. */
  readonly path: string;
}

const literal = (text: string): string => text.replace(/[\\^$.|?*+()[\]{}/]/g, "\\$&");

/**
 * A `*` in the host matches within one label: `*.example.com` covers `a.example.com` and not `a.b.example.com`,
 * although the tunnel's and DNS's `*.example.com` reach both.
 * @see https://developers.cloudflare.com/cloudflare-one/access-controls/policies/app-paths/
 */
function coversHost(pattern: string, name: string): boolean {
  return new RegExp(`^${pattern.split("*").map(literal).join("[^.]*")}$`).test(name);
}

/** `/p` covers `/p` and `/p/…`; a `*` spans segments; `/p/*` covers everything below `/p`, but not `/p` itself. */
function coversPath(pattern: string, path: string): boolean {
  if (pattern === "" || pattern === "/*") return true;
  return new RegExp(`^${pattern.split("*").map(literal).join(".*")}(/.*)?$`, "s").test(path);
}

function covers(application: AccessApplication): Cover[] {
  const named = (application.destinations ?? [])
    .filter(({ type }) => type === "public")
    .map(({ uri }) => uri);
  return (named.length > 0 ? named : [application.domain]).map((uri) => {
    const slash = uri.indexOf("/");
    const host = slash < 0 ? uri : uri.slice(0, slash);
    return {
      application,
      host: host.toLowerCase(),
      path: slash < 0 ? "" : uri.slice(slash).replace(/\/+$/, ""),
    };
  });
}

/** Exact host before wildcard, then the longer host pattern, then the longer path, then the path without a wildcard. */
function bySpecificity(a: Cover, b: Cover): number {
  const wild = (text: string): number => Number(text.includes("*"));
  return (
    wild(a.host) - wild(b.host) ||
    b.host.length - a.host.length ||
    b.path.length - a.path.length ||
    wild(a.path) - wild(b.path)
  );
}

/** @param path - decoded; whether Cloudflare cleans it before matching is not documented */
export function applicationFor(
  apps: readonly AccessApplication[],
  name: string,
  path: string,
): AccessApplication | undefined {
  return apps
    .filter((app) => app.type === "self_hosted")
    .flatMap(covers)
    .filter((cover) => coversHost(cover.host, name) && coversPath(cover.path, path))
    .toSorted(bySpecificity)[0]?.application;
}

/** The path of an application's cookie, if the cookie is limited to the path. */
export function cookiePath(application: AccessApplication): string {
  const path = covers(application)[0]?.path ?? "";
  return application.path_cookie_attribute === true && path !== "" && !path.includes("*")
    ? path
    : "/";
}
