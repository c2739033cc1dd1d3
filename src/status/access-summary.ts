import type { ForeignPolicy } from "../core/domain/directory.ts";
import type { Audience, Exposure } from "../core/domain/exposure.ts";
import { type Owner, policyPrefix } from "../core/domain/owner.ts";
import { isNestedIn, routeKey } from "../core/domain/route.ts";
import type { DeployedRoute, DesiredState } from "../core/plan/types.ts";
import { joinWithOr, pluralise } from "../core/text/grammar.ts";
import type { ObservedState } from "../resources/observed.ts";

const EVERYONE = "everyone who can log in";

/** No authentication required. */
const ANYONE = "Anyone, without a login";

/**
 * Describes who may enter according to the labels. Groups, policies and service tokens appear by
 * name, e-mail addresses only as a number.
 *
 * @param theirs - the user's own policies, for their names
 */
export function describeDesiredAccess(
  exposure: Exposure,
  exposures: DesiredState["exposures"],
  theirs: readonly ForeignPolicy[],
): string {
  switch (exposure.protection.kind) {
    case "public":
      return ANYONE;
    case "login":
      return "Anyone: this is where people log in";
    case "authentik":
      return (
        capitalise(
          joinWithOr([
            describePeople(exposure.protection.audience),
            ...describeOthers(exposure.protection.audience, theirs),
          ]),
        ) + bypassNote(exposure, exposures)
      );
  }
}

function describePeople({ groups, emails }: Audience): string {
  if (groups.length === 0 && emails.length === 0) return EVERYONE;
  const domains = emails.filter((it) => it.startsWith("@")).length;
  return joinWithOr([
    ...(groups.length === 0 ? [] : [`members of ${joinWithOr(groups)}`]),
    ...countText(emails.length - domains, "e-mail address", "e-mail addresses"),
    ...countText(domains, "e-mail domain"),
  ]);
}

function describeOthers(
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

/** The paths of the route that need no login: `access.bypass`, or public routes nested in it. */
function bypassNote({ route }: Exposure, exposures: DesiredState["exposures"]): string {
  const inside = [...exposures.values()].filter(
    (it) => it.protection.kind === "public" && isNestedIn(it.route, route),
  );
  const paths = inside
    .flatMap((it) => (it.route.hostname === route.hostname ? (it.route.path ?? []) : []))
    .toSorted();
  return paths.length === 0 ? "" : `; ${paths.join(", ")} without a login`;
}

/**
 * Describes who may enter now, whatever is desired, by the names of the Access application's
 * policies.
 */
export function describeCurrentAccess(
  observed: ObservedState,
  deployed: DeployedRoute,
  owner: Owner,
): string {
  if (deployed.public) return ANYONE;
  const named = (observed.access.mine.get(routeKey(deployed.route))?.policies ?? []).map((id) =>
    policyName(observed, id, owner),
  );
  return named.length === 0
    ? "People whom its Access application admits"
    : capitalise(joinWithOr(named.filter((it) => it !== undefined)));
}

function policyName({ policy }: ObservedState, id: string, owner: Owner): string | undefined {
  const mine = policy.mine.find((it) => it.id === id)?.name;
  // cfauth's own policies end in a fingerprint if the name alone does not identify the audience.
  if (mine !== undefined)
    return mine
      .replace(policyPrefix(owner), "")
      .replace(/ #[0-9a-f]{16}(?= |$)/g, "")
      .replace(/^everyone who logs in with Authentik$/, EVERYONE);
  return `policy ${policy.theirs.find((it) => it.id === id)?.name ?? id}`;
}

const countText = (count: number, one: string, several?: string): readonly string[] =>
  count === 0 ? [] : [pluralise(count, one, several)];

const capitalise = (text: string): string => text.replace(/^./u, (first) => first.toUpperCase());
