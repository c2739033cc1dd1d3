import { randomBytes } from "node:crypto";
import { z } from "zod";
import { pluralise } from "../core/text/grammar.ts";
import { tryParseJson } from "../core/text/json.ts";
import type { LoginMethod, ObservedLogin } from "../resources/login/types.ts";
import type { DoctorContext } from "./context.ts";
import { type DoctorCheck, passedCheck, type Requirement } from "./findings.ts";
import type { NoPage, ProbedPage } from "./http-probe.ts";
import { accessLogin, followLogin, type LoginOutcome } from "./login-probe.ts";

export const BEHIND: Requirement = {
  id: "login.behind-access",
  title: "Authentik is not behind Access",
};
export const AGREES: Requirement = { id: "login.agrees", title: "Cloudflare and Authentik agree" };
export const DISCOVERY: Requirement = { id: "login.discovery", title: "discovery document" };
export const KEYS: Requirement = { id: "login.keys", title: "signing keys" };
export const LOGIN_PAGE: Requirement = { id: "login.page", title: "Authentik's login page" };

export const skippedCheck = (need: Requirement, on: Requirement): DoctorCheck => ({
  ...need,
  result: "skip",
  needs: on,
});

/** The responses to a client without cookies at the addresses that Cloudflare and browsers use. */
export interface LoginProbes {
  readonly discovery: ProbedPage | NoPage;
  readonly keys: ProbedPage | NoPage;
  readonly end: LoginOutcome;
}

/** Uses the login method as it is at Cloudflare, not as it should be. */
export async function probeLogin(
  { visit }: DoctorContext,
  observed: ObservedLogin,
  method: LoginMethod,
): Promise<LoginProbes> {
  const { settings, application, teamDomain } = observed;
  const at = `${settings.publicUrl}/application/o/${application?.slug ?? settings.slug}`;
  const certs = method.config.certs_url;
  const callback = `https://${teamDomain}/cdn-cgi/access/callback`;
  const [discovery, keys, end] = await Promise.all([
    visit(`${at}/.well-known/openid-configuration`),
    visit(URL.canParse(certs) ? certs : `${at}/jwks/`),
    followLogin(visit, authorizeUrl(settings.publicUrl, method, callback), callback),
  ]);
  return { discovery, keys, end };
}

/** The URL to which Access redirects a browser. */
function authorizeUrl(publicUrl: string, { config }: LoginMethod, callback: string): string {
  const query = new URLSearchParams({
    client_id: config.client_id,
    response_type: "code",
    redirect_uri: callback,
    scope: config.scopes.join(" "),
    state: "cfauth-doctor",
    // A random value, not the hash of a known verifier: no code issued for it can be redeemed.
    ...(config.pkce_enabled && {
      code_challenge: randomBytes(32).toString("base64url"),
      code_challenge_method: "S256",
    }),
  });
  return `${URL.canParse(config.auth_url) ? config.auth_url : `${publicUrl}/application/o/authorize/`}?${query}`;
}

/** Detects an Access login in front of Authentik from the redirects. */
export function accessInFrontChecks(
  { discovery, keys, end }: LoginProbes,
  host: string,
): readonly DoctorCheck[] {
  const sent = [discovery, keys].flatMap((page) =>
    "location" in page && page.location !== undefined ? (accessLogin(page.location) ?? []) : [],
  );
  const team = sent[0] ?? (end.is === "access" ? end.team : undefined);
  if (team === undefined) return [];
  return [
    {
      ...BEHIND,
      result: "fail",
      detail: `${host} redirects to ${team}: people would have to log in before they could log in`,
      code: "CFA-AK-BEHIND-ACCESS",
      fixes: [
        `give Authentik's container the label cfauth.hostname: ${host} (cfauth keeps it open by itself)`,
        `or add an Access application for ${host} with a Bypass policy`,
      ],
    },
  ];
}

/**
 * @param running - true if a daemon runs
 * @param beingFixed - true if it still has to correct the login, which may be the cause
 */
export function reachabilityChecks(
  url: string,
  { discovery, keys, end }: LoginProbes,
  { running, beingFixed }: { readonly running: boolean; readonly beingFixed: boolean },
): readonly DoctorCheck[] {
  const silent = [discovery, keys]
    .flatMap((page) => ("why" in page ? [page.why] : []))
    .concat(end.is === "silent" ? [end.why] : []);
  const [why] = silent;
  if (why !== undefined)
    return [
      unreachableCheck(url, why, running),
      skippedCheck(KEYS, DISCOVERY),
      skippedCheck(LOGIN_PAGE, DISCOVERY),
    ];
  return [
    discoveryCheck(discovery as ProbedPage, url),
    keysCheck(keys as ProbedPage, beingFixed),
    loginPageCheck(end, url, beingFixed),
  ];
}

/** While cfauth does not run, Authentik may be a route that cfauth has yet to open. */
const unreachableCheck = (url: string, why: string, running: boolean): DoctorCheck => ({
  ...DISCOVERY,
  result: running ? "fail" : "warn",
  detail: `${url} does not answer from here (${why})${running ? "" : "; if cfauth routes it, it will answer once cfauth runs"}`,
  code: "CFA-AK-PUBLIC-URL",
  fixes: [
    "open it in a browser: if it answers there, only this container cannot reach it, and logins work",
    "or correct AUTHENTIK_URL: it is the address at which browsers and Cloudflare reach Authentik",
  ],
});

function discoveryCheck({ status, body }: ProbedPage, url: string): DoctorCheck {
  const read = z.looseObject({ issuer: z.string() }).safeParse(tryParseJson(body));
  if (status !== 200 || !read.success)
    return {
      ...DISCOVERY,
      result: "fail",
      detail: `${url} answers, but not with Authentik's discovery document (${status})`,
      code: "CFA-AK-PUBLIC-URL",
      fixes: [
        "correct AUTHENTIK_URL: it is the address at which browsers and Cloudflare reach Authentik, with its path prefix if it has one",
      ],
    };
  const { issuer } = read.data;
  if (issuer.startsWith(`${url}/`) || issuer === url)
    return passedCheck(DISCOVERY.id, DISCOVERY.title, issuer);
  return {
    ...DISCOVERY,
    result: "warn",
    detail: `Authentik calls itself ${issuer}, not ${url}: the proxy in front of it does not pass on the requested hostname`,
    code: "CFA-AK-ISSUER",
    fixes: [
      "let the proxy in front of Authentik pass on Host and X-Forwarded-Proto; from 2026.8 on, list its network in AUTHENTIK_LISTEN__TRUSTED_PROXY_CIDRS",
    ],
  };
}

function keysCheck({ status, body }: ProbedPage, beingFixed: boolean): DoctorCheck {
  const Keys = z.looseObject({
    keys: z
      .array(z.looseObject({ alg: z.string().nullish(), kty: z.string().nullish() }))
      .nullish(),
  });
  const keys = Keys.safeParse(tryParseJson(body)).data?.keys ?? [];
  if (status === 200 && keys.length > 0) {
    const kinds = [...new Set(keys.map(({ alg, kty }) => alg ?? kty ?? "unknown type"))];
    return passedCheck(
      KEYS.id,
      KEYS.title,
      `${pluralise(keys.length, "signing key")} (${kinds.join(", ")})`,
    );
  }
  return {
    ...KEYS,
    result: beingFixed ? "warn" : "fail",
    detail:
      status === 200
        ? "Authentik publishes no signing key for the provider, so Cloudflare cannot verify logins"
        : `Authentik's signing keys are not where Cloudflare looks for them (${status})`,
    code: "CFA-AK-NO-KEY",
    fixes: [
      beingFixed
        ? "nothing else to do: cfauth gives the provider a key when it corrects the login"
        : "Authentik → Applications → Providers → the provider → Edit: choose a Signing Key",
    ],
  };
}

function loginPageCheck(end: LoginOutcome, url: string, beingFixed: boolean): DoctorCheck {
  if (end.is === "login")
    return passedCheck(LOGIN_PAGE.id, LOGIN_PAGE.title, "the login redirect reaches it");
  const says = end.is === "refused" ? end.says : "another page";
  return {
    ...LOGIN_PAGE,
    result: beingFixed ? "warn" : "fail",
    detail: `the login redirect ends at ${says} instead of Authentik's login page`,
    code: "CFA-AK-LOGIN-REFUSED",
    fixes: beingFixed
      ? ["nothing else to do: it may be gone when cfauth has corrected the difference"]
      : [`${url}/if/admin/#/events/log shows why Authentik refused it`],
  };
}
