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
  accessInFrontChecks,
  BEHIND,
  DISCOVERY,
  KEYS,
  LOGIN_PAGE,
  probeLogin,
  reachabilityChecks,
  skippedCheck,
} from "./public-login.ts";

/**
 * Checks both ends of the login, whether they match, and whether a login redirect reaches
 * Authentik's login page.
 */
export async function checkLogin(context: DoctorContext): Promise<Findings> {
  const [observed, before, daemon] = await Promise.all([
    context.observe.login(),
    diagnoseAccess(context),
    context.daemon(),
  ]);
  const { slug } = observed.settings;
  const { changes, problems } = foundation.propose({ login: observed }, NOTHING_DESIRED);
  const missingParts = problems.map(problemCheck);
  const behindAccess = before.map(problemCheck);
  const isComplete =
    observed.provider !== undefined &&
    observed.application !== undefined &&
    observed.method !== undefined;
  if (!isComplete)
    return {
      headline:
        missingParts.length > 0
          ? missingPartsHeadline(slug)
          : describeMissing(observed, daemon !== undefined),
      checks: [...missingParts, ...behindAccess, ...checksBeforeCreation(daemon !== undefined)],
    };
  const found = await probeLogin(context, observed, observed.method);
  const behind =
    behindAccess.length > 0
      ? behindAccess
      : accessInFrontChecks(found, context.config.authentik.host);
  // If a prerequisite is missing the planner proposes nothing, whether the two ends match or not.
  const agrees =
    missingParts.length > 0
      ? skippedCheck(AGREES, PARTS)
      : matchCheck(changes[0], observed, daemon !== undefined);
  const isBeingFixed = agrees.result === "warn";
  const checks = [
    ...missingParts,
    agrees,
    ...(behind.length > 0
      ? [...behind, ...skippedProbes()]
      : [
          passedCheck(BEHIND.id, BEHIND.title),
          ...reachabilityChecks(context.config.authentik.url, found, {
            running: daemon !== undefined,
            beingFixed: isBeingFixed,
          }),
        ]),
  ];
  return {
    headline:
      missingParts.length > 0 && behind.length === 0
        ? missingPartsHeadline(slug)
        : headlineOf(slug, checks),
    checks,
  };
}

const missingPartsHeadline = (slug: string): string => `Authentik lacks prerequisites of ${slug}`;

const PARTS: Requirement = { id: "login.parts", title: "login prerequisites" };

const problemCheck = ({ code, severity, message, fix }: Problem): DoctorCheck => ({
  id: code === "CFA-AK-BEHIND-ACCESS" || code === "CFA-AK-OWN-HOST" ? BEHIND.id : PARTS.id,
  title: code === "CFA-AK-BEHIND-ACCESS" || code === "CFA-AK-OWN-HOST" ? BEHIND.title : PARTS.title,
  result: severity === "error" ? "fail" : "warn",
  detail: message,
  code,
  fixes: [fix],
});

/**
 * Uses the list of applications as well as the public responses, because names may resolve
 * differently inside the network.
 */
async function diagnoseAccess(context: DoctorContext): Promise<readonly Problem[]> {
  const { observe } = context;
  try {
    const [observed, access, ingress] = await Promise.all([
      observe.login(),
      observe.access(),
      observe.ingress(),
    ]);
    return diagnoseLoginBehindAccess({ login: observed, access, ingress }, NOTHING_DESIRED);
  } catch (error) {
    // Another group reports what may not be read. Then only the public responses are left to judge
    // by.
    if (error instanceof ServiceError) return [];
    throw error;
  }
}

function describeMissing(
  { provider, application, method, settings }: ObservedLogin,
  running: boolean,
): string {
  const none = provider === undefined && application === undefined && method === undefined;
  const what = none ? "not created yet" : "only partly created";
  return running
    ? `${settings.slug}, ${what}, although cfauth runs`
    : `${settings.slug}, ${what}: cfauth creates ${none ? "both ends" : "the rest"} when it starts`;
}

/** Before the first start a missing login is normal. */
const checksBeforeCreation = (running: boolean): readonly DoctorCheck[] => [
  running
    ? {
        ...AGREES,
        result: "warn",
        detail: "cfauth runs but has not created the login yet",
        code: "CFA-LOGIN-DIFFERS",
        fixes: ["docker compose logs cfauth shows what it is waiting for"],
      }
    : passedCheck(AGREES.id, AGREES.title, "created when cfauth starts"),
  ...[DISCOVERY, KEYS, LOGIN_PAGE].map((it) => skippedCheck(it, AGREES)),
];

const skippedProbes = (): readonly DoctorCheck[] =>
  [DISCOVERY, KEYS, LOGIN_PAGE].map((it) => skippedCheck(it, BEHIND));

/** Passes if the planner has nothing to do; otherwise names the differences, without values. */
function matchCheck(
  change: LoginChange | undefined,
  observed: ObservedLogin,
  running: boolean,
): DoctorCheck {
  if (change === undefined || change.key === "login-groups")
    return passedCheck(AGREES.id, AGREES.title);
  return {
    ...AGREES,
    result: "warn",
    detail: describeDifference(change, observed),
    code: "CFA-LOGIN-DIFFERS",
    fixes: [
      running
        ? "cfauth corrects it at its next resync; docker compose logs cfauth shows an error if it cannot"
        : "start cfauth, which corrects it: docker compose up -d cfauth",
    ],
  };
}

function describeDifference(change: LoginChange, { method, settings }: ObservedLogin): string {
  if (change.key === "login-provider")
    return `the provider ${change.subject} in Authentik is not set up as Cloudflare logins need it`;
  if (change.key === "login-application")
    return `the application ${settings.slug} in Authentik is not linked to its provider, or is visible in the library`;
  if (change.key !== "login-method" || method === undefined)
    return "one end of the login is missing";
  const fields = Object.entries(change.config).filter(
    ([name, value]) =>
      JSON.stringify(value) !== JSON.stringify(method.config[name as keyof typeof method.config]),
  );
  const names = fields.map(([name]) => name);
  if (names.length > 0)
    return `the login method in Cloudflare has a different ${names.join(", ")} than the provider in Authentik`;
  return method.name === change.name
    ? "the login method in Cloudflare lacks a claim that carries groups"
    : "the login method in Cloudflare was given a client secret that differs from the provider's current one";
}

function headlineOf(slug: string, checks: readonly DoctorCheck[]): string {
  const by = (need: Requirement): DoctorCheck | undefined =>
    checks.find(({ id }) => id === need.id);
  const bad = (need: Requirement): boolean => ["warn", "fail"].includes(by(need)?.result ?? "");
  if (bad(BEHIND)) return "Authentik itself is behind Access";
  if (by(DISCOVERY)?.code === "CFA-AK-ISSUER")
    return "Authentik sees a different hostname than AUTHENTIK_URL";
  if (bad(DISCOVERY)) return "Authentik is not reachable at AUTHENTIK_URL";
  if (bad(KEYS)) return "Authentik's signing keys are missing";
  if (bad(AGREES)) return `${slug} differs between Cloudflare and Authentik`;
  if (bad(LOGIN_PAGE)) return "Authentik refuses the login";
  return [`${slug} matches on both sides`, by(KEYS)?.detail, "a login reaches Authentik"]
    .filter((it) => it !== undefined)
    .join(" · ");
}
