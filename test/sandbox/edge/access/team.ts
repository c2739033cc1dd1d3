/** The team domain, `<team>.cloudflareaccess.com`: where logins start, return, and are judged. */

import type { AccessApplication, EdgeView, IdentityProvider } from "../../cloudflare/state.ts";
import { loginFailed, noAccess, type Page, redirect } from "../pages.ts";
import { decodedPath, type Visit } from "../visit.ts";
import type { Wire } from "../wire.ts";
import { applicationFor, cookiePath } from "./application.ts";
import type { Logins } from "./logins.ts";
import { authorizationUrl, identify, LoginFailure, makeVerifier } from "./oidc.ts";
import { judge, policiesOf } from "./policy.ts";
import type { Errand, Tickets } from "./tickets.ts";

export interface TeamOptions {
  readonly team: string;
  readonly view: () => EdgeView;
  readonly logins: Logins;
  readonly tickets: Tickets;
  readonly wire: Wire;
  readonly url: (host: string) => string;
}

const LOGIN = "/cdn-cgi/access/login/";

const notFound: Page = {
  status: 404,
  title: "Unable to find your Access application",
  sentence: "No Access application answers to this address.",
};

export function teamDomain(options: TeamOptions) {
  return async (visit: Visit): Promise<Page> => {
    if (visit.path === "/cdn-cgi/access/certs") return certs(options.logins);
    if (visit.path === "/cdn-cgi/access/callback") return callback(visit, options);
    if (visit.path.startsWith(LOGIN)) return login(visit, options);
    return notFound;
  };
}

function certs({ certs }: Logins): Page {
  return {
    status: 200,
    title: "",
    sentence: "",
    body: JSON.stringify(certs),
    type: "application/json",
  };
}

/** An empty list means every provider of the account. */
function providersOf(
  { allowed_idps = [] }: AccessApplication,
  { identityProviders }: EdgeView,
): IdentityProvider[] {
  return identityProviders.filter(
    ({ id }) => allowed_idps.length === 0 || allowed_idps.includes(id),
  );
}

/** The page with the login methods, or a redirect if there is only one. */
function login(visit: Visit, options: TeamOptions): Page {
  const view = options.view();
  const host = visit.path.slice(LOGIN.length);
  const target = visit.query.get("redirect_url") ?? "/";
  const aud = visit.query.get("kid") ?? "";
  const application = view.apps.find((app) => app.aud === aud);
  // The host comes from the URL: without this check a login could lead to a host of another application.
  const path = target.startsWith("/") ? decodedPath(target) : undefined;
  if (!application || path === undefined || !applicationFor([application], host, path))
    return notFound;
  const providers = providersOf(application, view);
  const chosen = providers.find(({ id }) => id === visit.query.get("idp"));
  const only =
    application.auto_redirect_to_identity && application.allowed_idps.length === 1
      ? providers[0]
      : undefined;
  const idp = chosen ?? only;
  return idp
    ? depart(idp, { aud, host, target, idp: idp.id, verifier: makeVerifier() }, options)
    : choice(visit, application, providers);
}

function choice(
  visit: Visit,
  { name }: AccessApplication,
  providers: readonly IdentityProvider[],
): Page {
  const href = (id: string): string => `${visit.target}&${new URLSearchParams({ idp: id })}`;
  return {
    status: 200,
    title: `Log in to ${name}`,
    sentence:
      providers.length > 0
        ? "Choose how to log in."
        : "There is no login method for this application.",
    links: providers.map((idp) => ({ href: href(idp.id), text: idp.name })),
  };
}

const redirectUri = (team: string): string =>
  `https://${team}.cloudflareaccess.com/cdn-cgi/access/callback`;

function depart(idp: IdentityProvider, errand: Errand, { team, tickets }: TeamOptions): Page {
  if (idp.type !== "oidc")
    return loginFailed(`The sandbox knows no login method of the type ${idp.type}.`);
  const state = tickets.begin(errand);
  return redirect(
    authorizationUrl(idp, { redirectUri: redirectUri(team), state, verifier: errand.verifier }),
  );
}

/** The browser returns from the identity provider. Everything is read again, because it may have changed. */
async function callback(visit: Visit, options: TeamOptions): Promise<Page> {
  const errand = options.tickets.resume(visit.query.get("state") ?? "");
  if (!errand) return loginFailed("Invalid login session: the state is unknown or has been used.");
  const code = visit.query.get("code");
  if (code === null)
    return loginFailed(
      visit.query.get("error_description") ??
        visit.query.get("error") ??
        "The identity provider sent no code.",
    );
  const view = options.view();
  const application = view.apps.find((app) => app.aud === errand.aud);
  const idp = application && providersOf(application, view).find(({ id }) => id === errand.idp);
  if (!application || !idp) return notFound;
  try {
    const identity = await identify(idp, options.wire, {
      code,
      redirectUri: redirectUri(options.team),
      verifier: errand.verifier,
    });
    if (judge(policiesOf(view, application), { ip: visit.ip, identity }) === "deny")
      return noAccess;
    const jwt = await options.logins.grant(application, identity);
    const nonce = options.tickets.issue({
      host: errand.host,
      target: errand.target,
      jwt,
      cookiePath: cookiePath(application),
    });
    return redirect(
      `${options.url(errand.host)}/cdn-cgi/access/authorized?${new URLSearchParams({ nonce })}`,
    );
  } catch (error) {
    if (error instanceof LoginFailure) return loginFailed(error.message);
    throw error;
  }
}
