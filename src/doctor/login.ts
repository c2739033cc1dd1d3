import type { Problem } from "../core/domain/problem.ts";
import { ServiceError } from "../core/errors.ts";
import { NOTHING_DESIRED } from "../core/plan/types.ts";
import { diagnoseLoginBehindAccess } from "../resources/access-application/login-behind-access.ts";
import { loginPrerequisite as foundation } from "../resources/login/propose.ts";
import type { LoginChange, ObservedLogin } from "../resources/login/types.ts";
import type { DoctorContext } from "./context.ts";
import { type DoctorCheck, type Findings, passedCheck, type Requirement } from "./findings.ts";
import {
  AGREES,
  asBrowsersSee,
  BEHIND,
  DISCOVERY,
  JOURNEY,
  KEYS,
  observedAccess,
  skippedCheck,
  wasReached,
} from "./public-login.ts";

/** Both ends of the login, whether they agree, and whether somebody who is sent to log in arrives. */
export async function checkLogin(context: DoctorContext): Promise<Findings> {
  const [observed, before, daemon] = await Promise.all([
    context.observe.login(),
    inFront(context),
    context.daemon(),
  ]);
  const { slug } = observed.settings;
  const { changes, problems } = foundation.propose({ login: observed }, NOTHING_DESIRED);
  const lacking = problems.map(problemCheck);
  const front = before.map(problemCheck);
  const made =
    observed.provider !== undefined &&
    observed.application !== undefined &&
    observed.method !== undefined;
  if (!made)
    return {
      headline: lacking.length > 0 ? lacks(slug) : notYet(observed, daemon !== undefined),
      checks: [...lacking, ...front, ...unmade(daemon !== undefined)],
    };
  const found = await asBrowsersSee(context, observed, observed.method);
  const behind = front.length > 0 ? front : observedAccess(found, context.config.authentik.host);
  // Where something is lacking the planner proposes nothing, whether they agree or not.
  const agrees =
    lacking.length > 0
      ? skippedCheck(AGREES, PARTS)
      : agreement(changes[0], observed, daemon !== undefined);
  const mending = agrees.result === "warn";
  const checks = [
    ...lacking,
    agrees,
    ...(behind.length > 0
      ? [...behind, ...hidden()]
      : [
          passedCheck(BEHIND.id, BEHIND.title),
          ...wasReached(context.config.authentik.url, found, {
            running: daemon !== undefined,
            mending,
          }),
        ]),
  ];
  return {
    headline: lacking.length > 0 && behind.length === 0 ? lacks(slug) : factOf(slug, checks),
    checks,
  };
}

const lacks = (slug: string): string => `Authentik lacks what ${slug} is made of`;

const PARTS: Requirement = { id: "login.parts", title: "what the login is made of" };

const problemCheck = ({ code, severity, message, fix }: Problem): DoctorCheck => ({
  id: code === "CFA-AK-BEHIND-ACCESS" || code === "CFA-AK-OWN-HOST" ? BEHIND.id : PARTS.id,
  title: code === "CFA-AK-BEHIND-ACCESS" || code === "CFA-AK-OWN-HOST" ? BEHIND.title : PARTS.title,
  result: severity === "error" ? "fail" : "warn",
  detail: message,
  code,
  fixes: [fix],
});

/** Judged by the list of applications as well as by what answers: names may resolve otherwise inside the house. */
async function inFront(context: DoctorContext): Promise<readonly Problem[]> {
  const { observe } = context;
  try {
    const [observed, access, ingress] = await Promise.all([
      observe.login(),
      observe.access(),
      observe.ingress(),
    ]);
    return diagnoseLoginBehindAccess({ login: observed, access, ingress }, NOTHING_DESIRED);
  } catch (error) {
    // What may not be read is told by another group: then what answers is all there is to judge by.
    if (error instanceof ServiceError) return [];
    throw error;
  }
}

function notYet(
  { provider, application, method, settings }: ObservedLogin,
  running: boolean,
): string {
  const none = provider === undefined && application === undefined && method === undefined;
  const what = none ? "not there yet" : "half of it there";
  return running
    ? `${settings.slug}, ${what}, though cfauth runs`
    : `${settings.slug}, ${what}: cfauth makes ${none ? "both ends" : "the rest"} when it starts`;
}

/** Before the first start that is as it has to be. */
const unmade = (running: boolean): readonly DoctorCheck[] => [
  running
    ? {
        ...AGREES,
        result: "warn",
        detail: "cfauth runs, but has not made the login yet",
        code: "CFA-LOGIN-DIFFERS",
        fixes: ["docker compose logs cfauth tells what it waits for"],
      }
    : passedCheck(AGREES.id, AGREES.title, "made when cfauth starts"),
  ...[DISCOVERY, KEYS, JOURNEY].map((it) => skippedCheck(it, AGREES)),
];

const hidden = (): readonly DoctorCheck[] =>
  [DISCOVERY, KEYS, JOURNEY].map((it) => skippedCheck(it, BEHIND));

/** Whether the planner has nothing to do; else what differs, without a value. */
function agreement(
  change: LoginChange | undefined,
  observed: ObservedLogin,
  running: boolean,
): DoctorCheck {
  if (change === undefined || change.key === "login-groups")
    return passedCheck(AGREES.id, AGREES.title);
  return {
    ...AGREES,
    result: "warn",
    detail: differs(change, observed),
    code: "CFA-LOGIN-DIFFERS",
    fixes: [
      running
        ? "cfauth mends it at its next look; docker compose logs cfauth tells if it cannot"
        : "start cfauth, which mends it: docker compose up -d cfauth",
    ],
  };
}

function differs(change: LoginChange, { method, settings }: ObservedLogin): string {
  if (change.key === "login-provider")
    return `the provider ${change.subject} in Authentik is not as logins by Cloudflare need it`;
  if (change.key === "login-application")
    return `the application ${settings.slug} in Authentik is not joined to its provider, or shows in the library`;
  if (change.key !== "login-method" || method === undefined)
    return "one end of the login is not there";
  const fields = Object.entries(change.config).filter(
    ([name, value]) =>
      JSON.stringify(value) !== JSON.stringify(method.config[name as keyof typeof method.config]),
  );
  const names = fields.map(([name]) => name);
  if (names.length > 0)
    return `the login method in Cloudflare has another ${names.join(", ")} than the provider in Authentik`;
  return method.name === change.name
    ? "the login method in Cloudflare lacks a claim that groups travel in"
    : "the login method in Cloudflare was given another client secret than the provider in Authentik has now";
}

function factOf(slug: string, checks: readonly DoctorCheck[]): string {
  const by = (need: Requirement): DoctorCheck | undefined =>
    checks.find(({ id }) => id === need.id);
  const bad = (need: Requirement): boolean => ["warn", "fail"].includes(by(need)?.result ?? "");
  if (bad(BEHIND)) return "Authentik is behind Access itself";
  if (by(DISCOVERY)?.code === "CFA-AK-ISSUER")
    return "Authentik is asked under another name than AUTHENTIK_URL";
  if (bad(DISCOVERY)) return "Authentik is not reached as browsers reach it";
  if (bad(KEYS)) return "Authentik has no signing key to show";
  if (bad(AGREES)) return `${slug} does not agree on both sides`;
  if (bad(JOURNEY)) return "Authentik refuses the login";
  return [`${slug} agrees on both sides`, by(KEYS)?.detail, "a login reaches Authentik"]
    .filter((it) => it !== undefined)
    .join(" · ");
}
