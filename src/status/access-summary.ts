import type { ForeignPolicy } from "../core/domain/directory.ts";
import type { Audience, Exposure } from "../core/domain/exposure.ts";
import { policyPrefix } from "../core/domain/owner.ts";
import { isNestedIn, routeKey } from "../core/domain/route.ts";
import type { DeployedRoute, DesiredState } from "../core/plan/types.ts";
import { joinWithOr, pluralise } from "../core/text/grammar.ts";
import type { ObservedState } from "../resources/observed.ts";

const EVERYONE = "everyone who can log in";

/** Of whom no label and no rule asks who they are. */
const ANYBODY = "Anyone, without a login";

/**
 * Who may enter as the labels ask for it, as a phrase. Groups, policies and service tokens by name; e-mail addresses only as
 * a number.
 *
 * @param theirs - the policies of the user's own, for their names
 */
export function describeDesiredAccess(
  exposure: Exposure,
  exposures: DesiredState["exposures"],
  theirs: readonly ForeignPolicy[],
): string {
  switch (exposure.protection.kind) {
    case "public":
      return ANYBODY;
    case "login":
      return "Anyone: it is where people log in";
    case "authentik":
      return (
        capital(
          joinWithOr([
            people(exposure.protection.audience),
            ...others(exposure.protection.audience, theirs),
          ]),
        ) + withoutLogin(exposure, exposures)
      );
  }
}

function people({ groups, emails }: Audience): string {
  if (groups.length === 0 && emails.length === 0) return EVERYONE;
  const domains = emails.filter((it) => it.startsWith("@")).length;
  return joinWithOr([
    ...(groups.length === 0 ? [] : [`members of ${joinWithOr(groups)}`]),
    ...counted(emails.length - domains, "e-mail address", "e-mail addresses"),
    ...counted(domains, "e-mail domain"),
  ]);
}

function others(
  { policies, tokens }: Audience,
  theirs: readonly ForeignPolicy[],
): readonly string[] {
  const named = policies.map((id) => `policy ${theirs.find((it) => it.id === id)?.name ?? id}`);
  return [
    ...named,
    ...(tokens === "any"
      ? ["any service token"]
      : tokens.map(({ name }) => `service token ${name}`)),
  ];
}

/** What of the route is open to anybody, as `access.bypass` or a public route beneath it. */
function withoutLogin({ route }: Exposure, exposures: DesiredState["exposures"]): string {
  const inside = [...exposures.values()].filter(
    (it) => it.protection.kind === "public" && isNestedIn(it.route, route),
  );
  const paths = inside
    .flatMap((it) => (it.route.hostname === route.hostname ? (it.route.path ?? []) : []))
    .toSorted();
  return paths.length === 0 ? "" : `; ${paths.join(", ")} without a login`;
}

/** Who may enter as it stands, whatever is wished: by the names of the policies that the route's application has. */
export function describeCurrentAccess(observed: ObservedState, deployed: DeployedRoute): string {
  if (deployed.public) return ANYBODY;
  const named = (observed.access.mine.get(routeKey(deployed.route))?.policies ?? []).map((id) =>
    policyName(observed, id),
  );
  return named.length === 0
    ? "Those whom its Access application lets in"
    : capital(joinWithOr(named.filter((it) => it !== undefined)));
}

function policyName({ policy, login }: ObservedState, id: string): string | undefined {
  const mine = policy.mine.find((it) => it.id === id)?.name;
  // Ours end in a fingerprint where the name alone does not tell one audience from another.
  if (mine !== undefined)
    return mine
      .replace(policyPrefix(login.groups.owner), "")
      .replace(/ #[0-9a-f]{16}(?= |$)/g, "")
      .replace(/^everyone who logs in with Authentik$/, EVERYONE);
  return `policy ${policy.theirs.find((it) => it.id === id)?.name ?? id}`;
}

const counted = (count: number, one: string, several?: string): readonly string[] =>
  count === 0 ? [] : [pluralise(count, one, several)];

const capital = (text: string): string => text.replace(/^./u, (first) => first.toUpperCase());
