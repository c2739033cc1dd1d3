import type { Problem } from "../domain/problem.ts";
import { WorldError } from "../errors.ts";
import { behindAccess } from "../kinds/access/behind.ts";
import { login as foundation } from "../kinds/login/propose.ts";
import type { LoginChange, LoginSeen } from "../kinds/login/seen.ts";
import { NOTHING_DESIRED } from "../plan/desired.ts";
import { type Check, type Findings, type Need, passed } from "./findings.ts";
import { AGREES, accessSeen, asBrowsersSee, BEHIND, DISCOVERY, JOURNEY, KEYS, reached, skipped } from "./public.ts";
import type { Scene } from "./scene.ts";

/** Both ends of the login, whether they agree, and whether somebody who is sent to log in arrives. */
export async function login(scene: Scene): Promise<Findings> {
  const [seen, before, daemon] = await Promise.all([scene.look.login(), inFront(scene), scene.beside()]);
  const { slug } = seen.wish;
  const { changes, problems } = foundation.propose({ login: seen }, NOTHING_DESIRED);
  const lacking = problems.map(problemCheck);
  const front = before.map(problemCheck);
  const made = seen.provider !== undefined && seen.application !== undefined && seen.method !== undefined;
  if (!made)
    return {
      fact: lacking.length > 0 ? lacks(slug) : notYet(seen, daemon !== undefined),
      checks: [...lacking, ...front, ...unmade(daemon !== undefined)],
    };
  const found = await asBrowsersSee(scene, seen, seen.method);
  const behind = front.length > 0 ? front : accessSeen(found, scene.config.authentik.host);
  // Where something is lacking the planner proposes nothing, whether they agree or not.
  const agrees = lacking.length > 0 ? skipped(AGREES, PARTS) : agreement(changes[0], seen, daemon !== undefined);
  const mending = agrees.result === "warn";
  const checks = [
    ...lacking,
    agrees,
    ...(behind.length > 0
      ? [...behind, ...hidden()]
      : [passed(BEHIND.id, BEHIND.title), ...reached(scene.config.authentik.url, found, { running: daemon !== undefined, mending })]),
  ];
  return { fact: lacking.length > 0 && behind.length === 0 ? lacks(slug) : factOf(slug, checks), checks };
}

const lacks = (slug: string): string => `Authentik lacks what ${slug} is made of`;

const PARTS: Need = { id: "login.parts", title: "what the login is made of" };

const problemCheck = ({ code, severity, message, fix }: Problem): Check => ({
  id: code === "CFA-AK-BEHIND-ACCESS" || code === "CFA-AK-OWN-HOST" ? BEHIND.id : PARTS.id,
  title: code === "CFA-AK-BEHIND-ACCESS" || code === "CFA-AK-OWN-HOST" ? BEHIND.title : PARTS.title,
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
    return behindAccess({ login: seen, access, ingress, dns }, NOTHING_DESIRED);
  } catch (error) {
    // What may not be read is told by another group: then what answers is all there is to judge by.
    if (error instanceof WorldError) return [];
    throw error;
  }
}

function notYet({ provider, application, method, wish }: LoginSeen, running: boolean): string {
  const none = provider === undefined && application === undefined && method === undefined;
  const what = none ? "not there yet" : "half of it there";
  return running
    ? `${wish.slug}, ${what}, though cfauth runs`
    : `${wish.slug}, ${what}: cfauth makes ${none ? "both ends" : "the rest"} when it starts`;
}

/** Before the first start that is as it has to be. */
const unmade = (running: boolean): readonly Check[] => [
  running
    ? {
        ...AGREES,
        result: "warn",
        detail: "cfauth runs, but has not made the login yet",
        code: "CFA-LOGIN-DIFFERS",
        fixes: ["docker compose logs cfauth tells what it waits for"],
      }
    : passed(AGREES.id, AGREES.title, "made when cfauth starts"),
  ...[DISCOVERY, KEYS, JOURNEY].map((it) => skipped(it, AGREES)),
];

const hidden = (): readonly Check[] => [DISCOVERY, KEYS, JOURNEY].map((it) => skipped(it, BEHIND));

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
        ? "cfauth mends it at its next look; docker compose logs cfauth tells if it cannot"
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
