/** Access in front of a hostname: passes a request, sends it to the login, or denies it. */

import { posix } from "node:path";
import type { AccessApplication, EdgeView } from "../../cloudflare/state.ts";
import { accessCookies, COOKIE } from "../headers.ts";
import { loginFailed, noAccess, type Page, redirect } from "../pages.ts";
import type { PastAccess, Visit } from "../visit.ts";
import { applicationFor } from "./application.ts";
import type { Logins } from "./logins.ts";
import { type Asker, judge, policiesOf } from "./policy.ts";
import type { ServiceTokens } from "./service-tokens.ts";
import type { Tickets } from "./tickets.ts";

export type Passage =
  | {
      readonly past: PastAccess;
      readonly application?: string;
      readonly jwt?: string;
      readonly email?: string;
    }
  | {
      readonly stop: "login" | "denied" | "access-page";
      readonly application?: string;
      readonly page: Page;
    };

export interface GateOptions {
  readonly logins: Logins;
  readonly tickets: Tickets;
  readonly serviceTokens: ServiceTokens;
  /** Whether each request checks the login against the policies, or a login stays valid until it ends. */
  readonly oldLogins: "rechecked" | "kept";
  readonly cleansPaths: boolean;
  readonly teamUrl: () => string;
  readonly url: (host: string) => string;
}

export function gate(options: GateOptions) {
  return async (visit: Visit, view: EdgeView): Promise<Passage> => {
    const own = await ownPage(visit, options);
    if (own) return { stop: "access-page", page: own };
    const path = options.cleansPaths ? posix.normalize(visit.path) : visit.path;
    const application = applicationFor(view.apps, visit.name, path);
    return application ? judged(visit, view, application, options) : { past: "open" };
  };
}

async function judged(
  visit: Visit,
  view: EdgeView,
  application: AccessApplication,
  options: GateOptions,
): Promise<Passage> {
  const token = options.serviceTokens.presented(visit, view, application.aud);
  const login = await options.logins.standing(accessCookies(visit.req.headers.cookie), application);
  const asker: Asker = {
    ip: visit.ip,
    ...(token && { serviceToken: token.id }),
    ...(login && { identity: login.identity }),
  };
  const { name } = application;
  const verdict = judge(policiesOf(view, application), asker);
  if (verdict === "bypass") return { past: "bypass", application: name };
  if (verdict === "service") {
    return {
      past: "passed",
      application: name,
      jwt: await options.logins.vouch(application, token?.client_id ?? ""),
    };
  }
  if (!login)
    return {
      stop: "login",
      application: name,
      page: redirect(loginUrl(visit, application, options)),
    };
  if (verdict === "allow" || options.oldLogins === "kept") {
    return { past: "passed", application: name, jwt: login.jwt, email: login.identity.email };
  }
  return { stop: "denied", application: name, page: noAccess };
}

function loginUrl(visit: Visit, { aud }: AccessApplication, { teamUrl }: GateOptions): string {
  const query = new URLSearchParams({ kid: aud, redirect_url: visit.target });
  return `${teamUrl()}/cdn-cgi/access/login/${visit.name}?${query}`;
}

/** Access's own paths on every protected hostname. */
async function ownPage(
  visit: Visit,
  { logins, tickets, url }: GateOptions,
): Promise<Page | undefined> {
  if (visit.path === "/cdn-cgi/access/authorized") {
    const ticket = tickets.redeem(visit.query.get("nonce") ?? "", visit.name);
    if (!ticket) return loginFailed("This login has been used up; open the page again.");
    // No Secure: the sandbox uses plain http, and not every browser treats localhost as secure.
    const cookie = `${COOKIE}=${ticket.jwt}; Path=${ticket.cookiePath}; HttpOnly; SameSite=Lax`;
    return redirect(url(visit.name) + ticket.target, { "set-cookie": cookie });
  }
  if (visit.path === "/cdn-cgi/access/logout") {
    await logins.logout(accessCookies(visit.req.headers.cookie));
    const cleared = `${COOKIE}=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0`;
    return {
      status: 200,
      title: "Logged out",
      sentence: "Your logins have ended.",
      headers: { "set-cookie": cleared },
    };
  }
  return undefined;
}
