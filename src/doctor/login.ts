import { z } from "zod";
import type { Problem } from "../domain/problem.ts";
import { WorldError } from "../errors.ts";
import { behindAccess } from "../kinds/access/behind.ts";
import { login as foundation } from "../kinds/login/propose.ts";
import type { LoginChange, LoginMethod, LoginSeen } from "../kinds/login/seen.ts";
import type { Desired } from "../plan/desired.ts";
import { type Check, counted, type Findings, type Need, passed } from "./findings.ts";
import { accessLogin, type End, journey } from "./journey.ts";
import type { Scene } from "./scene.ts";
import type { NoPage, Page } from "./visit.ts";

const NOTHING_WISHED: Desired = { wishes: new Map(), held: new Set(), guarded: [], closing: new Map(), waiting: [], problems: [] };

/** Both ends of the login, whether they agree, and whether somebody who is sent to log in arrives. */
export async function login(scene: Scene): Promise<Findings> {
  const [seen, before, daemon] = await Promise.all([scene.look.login(), inFront(scene), scene.beside()]);
  const { slug } = seen.wish;
  const { changes, problems } = foundation.propose({ login: seen }, NOTHING_WISHED);
  const lacking = problems.map(problemCheck);
  const front = before.map(problemCheck);
  const made = seen.provider !== undefined && seen.application !== undefined && seen.method !== undefined;
  if (!made)
    return {
      fact: lacking.length > 0 ? `Authentik lacks what ${slug} is made of` : notYet(seen),
      checks: [...lacking, ...front, ...unmade()],
    };
  const [pages, end] = await Promise.all([
    publicPages(scene, seen),
    journey(scene.visit, authorizeUrl(seen, seen.method), callbackOf(seen)),
  ]);
  const behind = front.length > 0 ? front : accessSeen(pages, end, scene.config.authentik.host);
  const agrees = agreement(changes[0], seen, daemon !== undefined);
  const mending = agrees.result === "warn";
  const checks = [
    ...lacking,
    agrees,
    ...(behind.length > 0
      ? [...behind, ...hidden()]
      : [passed(BEHIND.id, BEHIND.title), ...reached(scene, pages, end, daemon !== undefined, mending)]),
  ];
  return { fact: factOf(slug, checks), checks };
}

const BEHIND: Need = { id: "login.behind-access", title: "Authentik is not behind Access" };
const AGREES: Need = { id: "login.agrees", title: "Cloudflare and Authentik agree" };
const DISCOVERY: Need = { id: "login.discovery", title: "discovery document" };
const KEYS: Need = { id: "login.keys", title: "signing keys" };
const JOURNEY: Need = { id: "login.page", title: "Authentik's login page" };

const problemCheck = ({ code, severity, message, fix }: Problem): Check => ({
  id: code === "CFA-AK-BEHIND-ACCESS" || code === "CFA-AK-OWN-HOST" ? BEHIND.id : "login.parts",
  title: code === "CFA-AK-BEHIND-ACCESS" || code === "CFA-AK-OWN-HOST" ? BEHIND.title : "what the login is made of",
  result: severity === "error" ? "fail" : "warn",
  detail: message,
  code,
  fixes: [fix],
});

/** Judged by the list of applications as well as by what answers: names may resolve otherwise inside the house. */
async function inFront(scene: Scene): Promise<readonly Problem[]> {
  const { look } = scene;
  try {
    const [seen, access, ingress, dns] = await Promise.all([look.login(), look.access(), look.ingress(), look.dns()]);
    return behindAccess({ login: seen, access, ingress, dns }, NOTHING_WISHED);
  } catch (error) {
    // What may not be read is told by another group: then what answers is all there is to judge by.
    if (error instanceof WorldError) return [];
    throw error;
  }
}

function notYet({ provider, application, method, wish }: LoginSeen): string {
  const none = provider === undefined && application === undefined && method === undefined;
  return none
    ? `${wish.slug}, not there yet: cfauth makes both ends when it starts`
    : `${wish.slug}, half of it there: cfauth makes the rest when it starts`;
}

const skipped = (need: Need, on: Need): Check => ({ ...need, result: "skip", needs: on });
const unmade = (): readonly Check[] => [
  passed(AGREES.id, AGREES.title, "made when cfauth starts"),
  ...[DISCOVERY, KEYS, JOURNEY].map((it) => skipped(it, AGREES)),
];
const hidden = (): readonly Check[] => [DISCOVERY, KEYS, JOURNEY].map((it) => skipped(it, BEHIND));

const callbackOf = ({ teamDomain }: LoginSeen): string => `https://${teamDomain}/cdn-cgi/access/callback`;

/** What Access sends a browser to, as far as it can be known: by what Cloudflare has, not by what it should have. */
function authorizeUrl(seen: LoginSeen, { config }: LoginMethod): string {
  const query = new URLSearchParams({
    client_id: config.client_id,
    response_type: "code",
    redirect_uri: callbackOf(seen),
    scope: config.scopes.join(" "),
    state: "cfauth-doctor",
    // A challenge whose answer nobody knows: no code is ever redeemed.
    ...(config.pkce_enabled && { code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" }),
  });
  return URL.canParse(config.auth_url) ? `${config.auth_url}?${query}` : `${seen.wish.publicUrl}/application/o/authorize/?${query}`;
}

/** Whether the planner has nothing to do; else what differs, without a value. */
function agreement(change: LoginChange | undefined, seen: LoginSeen, running: boolean): Check {
  if (change === undefined || change.key === "login-groups") return passed(AGREES.id, AGREES.title);
  return {
    ...AGREES,
    result: "warn",
    detail: differs(change, seen),
    code: "CFA-LOGIN-DIFFERS",
    fixes: [
      running
        ? "cfauth mends it at its next look; docker compose logs cfauth tells if it can not"
        : "start cfauth, which mends it: docker compose up -d cfauth",
    ],
  };
}

function differs(change: LoginChange, { method, wish }: LoginSeen): string {
  if (change.key === "login-provider") return `the provider ${change.subject} in Authentik is not as logins by Cloudflare need it`;
  if (change.key === "login-application")
    return `the application ${wish.slug} in Authentik is not joined to its provider, or shows in the library`;
  if (change.key !== "login-method" || method === undefined) return "one end of the login is not there";
  const fields = Object.entries(change.config).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(method.config[name as keyof typeof method.config]),
  );
  const names = fields.map(([name]) => name);
  if (names.length > 0) return `the login method in Cloudflare has another ${names.join(", ")} than the provider in Authentik`;
  return method.name === change.name
    ? "the login method in Cloudflare lacks a claim that groups travel in"
    : "the login method in Cloudflare was given another client secret than the provider in Authentik has now";
}

interface Pages {
  readonly discovery: Page | NoPage;
  readonly keys: Page | NoPage;
}

async function publicPages({ visit }: Scene, { wish, application, method }: LoginSeen): Promise<Pages> {
  const at = `${wish.publicUrl}/application/o/${application?.slug ?? wish.slug}`;
  const certs = method?.config.certs_url ?? "";
  const [discovery, keys] = await Promise.all([
    visit(`${at}/.well-known/openid-configuration`),
    visit(URL.canParse(certs) ? certs : `${at}/jwks/`),
  ]);
  return { discovery, keys };
}

function accessSeen({ discovery, keys }: Pages, end: End, host: string): readonly Check[] {
  const sent = [discovery, keys].flatMap((page) =>
    "location" in page && page.location !== undefined ? (accessLogin(page.location) ?? []) : [],
  );
  const team = sent[0] ?? (end.is === "access" ? end.team : undefined);
  if (team === undefined) return [];
  return [
    {
      ...BEHIND,
      result: "fail",
      detail: `${host} redirects to ${team}: to log in one would have to be logged in`,
      code: "CFA-AK-BEHIND-ACCESS",
      fixes: [
        `give Authentik's container the label cfauth.hostname: ${host} (cfauth keeps it open by itself)`,
        `or add an Access application for ${host} with a Bypass policy`,
      ],
    },
  ];
}

function reached(scene: Scene, { discovery, keys }: Pages, end: End, running: boolean, mending: boolean): readonly Check[] {
  const { url } = scene.config.authentik;
  const silent = [discovery, keys].flatMap((page) => ("why" in page ? [page.why] : [])).concat(end.is === "silent" ? [end.why] : []);
  const [why] = silent;
  if (why !== undefined) return [notReached(url, why, running), skipped(KEYS, DISCOVERY), skipped(JOURNEY, DISCOVERY)];
  return [discovered(discovery as Page, url), keysIn(keys as Page, mending), arrival(end, url, mending)];
}

/** While cfauth does not run, Authentik may be a route that it is yet to open. */
const notReached = (url: string, why: string, running: boolean): Check => ({
  ...DISCOVERY,
  result: running ? "fail" : "warn",
  detail: `${url} does not answer from here (${why})${running ? "" : "; where cfauth is what routes it, that comes when cfauth starts"}`,
  code: "CFA-AK-PUBLIC-URL",
  fixes: [
    "open it in a browser: if it answers there, only this container can not reach it, and logins go well",
    "or correct AUTHENTIK_URL: it is the address at which browsers and Cloudflare reach Authentik",
  ],
});

function discovered({ status, body }: Page, url: string): Check {
  const read = z.looseObject({ issuer: z.string() }).safeParse(json(body));
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
  if (issuer.startsWith(`${url}/`) || issuer === url) return passed(DISCOVERY.id, DISCOVERY.title, issuer);
  return {
    ...DISCOVERY,
    result: "warn",
    detail: `Authentik calls itself ${issuer}, not ${url}: what is in front of it does not tell it under which name it was asked`,
    code: "CFA-AK-ISSUER",
    fixes: [
      "let the proxy in front of Authentik pass Host and X-Forwarded-Proto on; from 2026.8 on, name its network in AUTHENTIK_LISTEN__TRUSTED_PROXY_CIDRS",
    ],
  };
}

function keysIn({ status, body }: Page, mending: boolean): Check {
  const Keys = z.looseObject({ keys: z.array(z.looseObject({ alg: z.string().nullish(), kty: z.string().nullish() })).nullish() });
  const keys = Keys.safeParse(json(body)).data?.keys ?? [];
  if (status === 200 && keys.length > 0) {
    const kinds = [...new Set(keys.map(({ alg, kty }) => alg ?? kty ?? "of a kind it does not tell"))];
    return passed(KEYS.id, KEYS.title, `${counted(keys.length, "signing key")} (${kinds.join(", ")})`);
  }
  return {
    ...KEYS,
    result: mending ? "warn" : "fail",
    detail:
      status === 200
        ? "Authentik shows no signing key for the provider, so Cloudflare can not check who logged in"
        : `Authentik's signing keys are not where Cloudflare looks for them (${status})`,
    code: "CFA-AK-NO-KEY",
    fixes: [
      mending
        ? "nothing more: cfauth gives the provider a key when it mends it"
        : "Authentik → Applications → Providers → the provider → Edit: choose a Signing Key",
    ],
  };
}

function arrival(end: End, url: string, mending: boolean): Check {
  if (end.is === "login") return passed(JOURNEY.id, JOURNEY.title, "a login leads to it");
  const says = end.is === "refused" ? end.says : "another page";
  return {
    ...JOURNEY,
    result: mending ? "warn" : "fail",
    detail: `who is sent to log in does not come to Authentik's login page, but to ${says}`,
    code: "CFA-AK-LOGIN-REFUSED",
    fixes: mending
      ? ["nothing more: it may be gone when cfauth has mended what differs"]
      : [`${url}/if/admin/#/events/log tells why Authentik refused it`],
  };
}

function json(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function factOf(slug: string, checks: readonly Check[]): string {
  const by = (need: Need): Check | undefined => checks.find(({ id }) => id === need.id);
  const bad = (need: Need): boolean => ["warn", "fail"].includes(by(need)?.result ?? "");
  if (bad(BEHIND)) return "Authentik is behind Access itself";
  if (by(DISCOVERY)?.code === "CFA-AK-ISSUER") return "Authentik is asked under another name than AUTHENTIK_URL";
  if (bad(DISCOVERY)) return "Authentik is not reached as browsers reach it";
  if (bad(KEYS)) return "Authentik has no signing key to show";
  if (bad(AGREES)) return `${slug} does not agree on both sides`;
  if (bad(JOURNEY)) return "Authentik refuses the login";
  return [`${slug} agrees on both sides`, by(KEYS)?.detail, "a login reaches Authentik"].filter((it) => it !== undefined).join(" · ");
}
