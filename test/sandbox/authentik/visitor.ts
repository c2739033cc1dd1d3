import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { decodeJwt } from "jose";
import { clientSecret } from "./state.ts";
import { CALLBACK, type Opened, PUBLIC_ORIGIN, type Wired } from "./testing.ts";

export interface Seen {
  readonly status: number;
  /** Absolute. */
  readonly location: string | undefined;
  readonly html: string;
}

/** A minimal browser: keeps cookies (with their paths) and follows redirects only on request. */
export interface Visitor {
  get(url: string): Promise<Seen>;
  post(url: string, fields: Readonly<Record<string, string>>): Promise<Seen>;
  /** Follows redirects until a page without one, or until a redirect leads off the public origin. */
  follow(url: string): Promise<Seen & { readonly url: string }>;
}

const FORM = "application/x-www-form-urlencoded";

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly path: string;
}

export function visitor({ url: address }: Opened): Visitor {
  let jar: Cookie[] = [];
  const visit = async (url: string, form?: URLSearchParams): Promise<Seen> => {
    const to = new URL(url, PUBLIC_ORIGIN);
    const cookie = jar
      .filter(({ path }) => to.pathname.startsWith(path))
      .map(({ name, value }) => `${name}=${value}`)
      .join("; ");
    const seen = await exchange(
      new URL(to.pathname + to.search, address),
      { host: to.host, cookie, "x-forwarded-proto": "http" },
      form?.toString(),
    );
    for (const line of seen.cookies) jar = stored(jar, line);
    return {
      ...seen,
      location: seen.location === undefined ? undefined : new URL(seen.location, to).href,
    };
  };
  const follow = async (url: string): Promise<Seen & { url: string }> => {
    const seen = await visit(url);
    const next = seen.location;
    return next?.startsWith(`${PUBLIC_ORIGIN}/`) ? follow(next) : { ...seen, url };
  };
  return {
    get: (url) => visit(url),
    post: (url, fields) => visit(url, new URLSearchParams(fields)),
    follow,
  };
}

function stored(jar: readonly Cookie[], line: string): Cookie[] {
  const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
  const path = /;\s*path=([^;]*)/i.exec(line)?.[1] ?? "/";
  const others = jar.filter((cookie) => cookie.name !== name || cookie.path !== path);
  return value === "" ? others : [...others, { name, value, path }];
}

async function exchange(url: URL, headers: Readonly<Record<string, string>>, body?: string) {
  const sent = request(url, {
    method: body === undefined ? "GET" : "POST",
    headers: {
      ...headers,
      ...(body !== undefined && { "content-type": FORM, "content-length": body.length }),
    },
    agent: false,
  });
  const response = new Promise<IncomingMessage>((resolve, reject) =>
    sent.on("response", resolve).on("error", reject),
  );
  sent.end(body);
  const answer = await response;
  return {
    status: answer.statusCode ?? 0,
    location: answer.headers.location,
    cookies: answer.headers["set-cookie"] ?? [],
    html: await text(answer),
  };
}

export function authorizeUrl(
  { provider }: Wired,
  more: Readonly<Record<string, string>> = {},
): string {
  const query = new URLSearchParams({
    client_id: provider.client_id,
    redirect_uri: CALLBACK,
    response_type: "code",
    scope: "openid email profile",
    state: "s1",
    ...more,
  });
  return `${PUBLIC_ORIGIN}/application/o/authorize/?${query}`;
}

/** Logs in and gives consent if asked. @returns where the browser was sent */
export async function logIn(browser: Visitor, start: string, username = "alice"): Promise<URL> {
  const page = await browser.follow(start);
  const sent = await browser.post(page.url, { username, password: `${username}-password` });
  const after = await browser.follow(sent.location ?? "");
  if (!after.html.includes('id="continue"')) return new URL(after.location ?? "about:blank");
  const agreed = await browser.post(after.url, { continue: "yes" });
  return new URL((await browser.follow(agreed.location ?? "")).location ?? "about:blank");
}

/** Sends form fields with the Host of the public origin, like Access. */
export async function redeem(
  { url, state }: Opened,
  { provider }: Wired,
  code: string | null,
  more: Readonly<Record<string, string>> = {},
) {
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    code: code ?? "",
    redirect_uri: CALLBACK,
    client_id: provider.client_id,
    client_secret: clientSecret(state, provider),
    ...more,
  });
  const headers = { host: new URL(PUBLIC_ORIGIN).host, "x-forwarded-proto": "http" };
  const answer = await exchange(new URL("/application/o/token/", url), headers, body.toString());
  return { status: answer.status, body: JSON.parse(answer.html) };
}

/** The claims at the end of a login. */
export async function claimsAfterLogin(
  authentik: Opened,
  wired: Wired,
  scope = "openid email profile",
  username = "alice",
) {
  const back = await logIn(visitor(authentik), authorizeUrl(wired, { scope }), username);
  const { body } = await redeem(authentik, wired, back.searchParams.get("code"));
  return decodeJwt(body.id_token);
}
