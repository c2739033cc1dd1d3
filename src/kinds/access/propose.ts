import type { Exposure } from "../../domain/exposure.ts";
import { accessTag, type Owner } from "../../domain/owner.ts";
import type { Problem } from "../../domain/problem.ts";
import { type Route, type RouteKey, routeKey } from "../../domain/route.ts";
import type { Foundation, Rung, Stance, Sweep } from "../../plan/rung.ts";
import type { LoginSeen } from "../login/seen.ts";
import type { Mine } from "../mine.ts";
import { policyOf } from "../policy/propose.ts";
import type { PolicySeen } from "../policy/seen.ts";
import type { AccessChange, AccessSeen, Application, ApplicationWish } from "./seen.ts";

type Needs = { readonly access: AccessSeen; readonly policy: PolicySeen; readonly login: Pick<LoginSeen, "method"> };

/** The tag that marks our applications; it is there before the first of them. */
export const tagFoundation = (owner: Owner): Foundation<{ readonly access: Pick<AccessSeen, "tagged"> }, AccessChange> => ({
  kind: "access",
  awaited: "the Access tag",
  propose: ({ access }) => ({
    changes: access.tagged ? [] : [{ kind: "access", action: "create", key: "tag", subject: accessTag(owner) }],
    problems: [],
    stands: access.tagged,
  }),
});

/**
 * | the application                                  | its wish | then                              |
 * |--------------------------------------------------|----------|-----------------------------------|
 * | somebody else's covers exactly this route        | yes      | taken                             |
 * | absent                                           | yes      | open it, once its policy is there |
 * | ours                                             | none     | close it                          |
 * | ours, links another policy or login method       | yes      | mend it; the audience moves       |
 * | ours, differs in anything else                   | yes      | mend it                           |
 */
export const accessRung = (owner: Owner): Rung<Needs, AccessChange> => ({
  kind: "access",
  awaited: "Cloudflare to confirm the Access application",
  stance(route, wish, world) {
    const found = world.access.mine.get(routeKey(route));
    if (wish === undefined) return found === undefined ? { is: "absent", open: undefined } : { is: "left", close: remove(found) };
    const foreign = found === undefined ? coveredBy(world.access, routeKey(route)) : undefined;
    if (foreign !== undefined) return { is: "taken", problem: taken(wish, foreign) };
    const wanted = applicationWish(owner, route, wish, world);
    if (found === undefined)
      return {
        is: "absent",
        open: wanted && { kind: "access", action: "create", key: key(route), subject: routeKey(route), wish: wanted },
      };
    return compare(found, wanted);
  },
});

function compare(found: Mine<Application>, wanted: ApplicationWish | undefined): Stance<AccessChange> {
  const close = remove(found);
  if (wanted === undefined) return { is: "drifted", mend: close, close, moves: "audience" };
  const sameAudience = same(found.policies, [wanted.policy]);
  const sameRest =
    same(found.allowedIdps, [wanted.idp]) &&
    found.autoRedirect &&
    found.session === wanted.session &&
    found.name === wanted.name &&
    found.tags.includes(wanted.tag);
  if (sameAudience && sameRest) return { is: "stands" };
  const mend: AccessChange = {
    kind: "access",
    action: "update",
    key: `access ${found.route}`,
    subject: found.route,
    at: found,
    wish: wanted,
  };
  return { is: "drifted", mend, close, moves: sameAudience ? undefined : "audience" };
}

function applicationWish(owner: Owner, route: Route, wish: Exposure, world: Needs): ApplicationWish | undefined {
  const policy = policyOf(world.policy, owner, wish.protection.kind)?.id;
  const idp = world.login.method?.id;
  if (policy === undefined || idp === undefined) return undefined;
  const session = wish.protection.kind === "public" ? "24h" : wish.protection.session;
  return { route: routeKey(route), name: routeKey(route), idp, session, tag: accessTag(owner), policy };
}

const key = (route: Route) => `access ${routeKey(route)}`;

const remove = (at: Mine<Application>): AccessChange => ({
  kind: "access",
  action: "delete",
  key: `access ${at.route}`,
  subject: at.route,
  at,
});

const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((it, index) => it === b[index]);

const coveredBy = (seen: AccessSeen, route: RouteKey): string | undefined => seen.theirs.find(({ covers }) => covers.includes(route))?.name;

/** Doubles of an application go as soon as they are seen: the one that stands in `mine` is the one that rules name. */
export const doubles: Sweep<{ readonly access: Pick<AccessSeen, "doubles"> }, AccessChange> = ({ access }) =>
  access.doubles.map((at) => ({ kind: "access", action: "delete", key: `access ${at.route} ${at.id}`, subject: at.route, at }));

const taken = (wish: Exposure, name: string): Problem => ({
  code: "CFA-CONFLICT-ACCESS",
  severity: "error",
  container: wish.workload,
  label: wish.label,
  route: routeKey(wish.route),
  message: `the Access application "${name}" covers ${routeKey(wish.route)} and is not cfauth's`,
  effect: "closed",
  fix: "delete it under Zero Trust → Access → Applications, or choose another hostname",
});
