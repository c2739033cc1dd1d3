import type { Route } from "../../domain/route.ts";
import { between, type Difference, type Field, type Fields, fieldsOf } from "../fields.ts";
import { checkOf, isShut, type Proofs, pathFor, ruleFor, ruleOf, shutRule } from "./rules.ts";
import type { IngressChange, RawRule } from "./seen.ts";

/** What a rule leads to that lets nobody in. */
export const SHUT = "nothing (503)";

/** @param world - in which the rule stands that is to be another */
export function ingressDifference(change: IngressChange, world: Proofs): Difference {
  const { mark } = world.ingress;
  const route = "wish" in change ? change.wish.route : "shut" in change ? change.shut : change.route;
  const now = ruleOf(world, route);
  const before = now && fields(now, route, mark);
  if (change.action === "delete") return between(before ?? {}, undefined);
  if ("shut" in change) {
    const theirs = change.instead?.length ? { service: change.instead.map(({ service }) => service).join(", ") } : before;
    return between(theirs, fields(shutRule(route, mark, change.team), route, mark));
  }
  const after = fields(ruleFor(change.wish), route, mark);
  const opens = change.wish.check === undefined && before?.["login"] !== "none";
  return between(change.action === "create" ? undefined : before, after, { exposure: opens ? "PUBLIC" : undefined });
}

function fields(rule: RawRule, route: Route, mark: string): Fields {
  const check = checkOf(rule);
  const { access: _, ...options } = rule.originRequest ?? {};
  const shut = isShut(rule, mark);
  const required = check?.required === true;
  return fieldsOf({
    service: shut ? SHUT : rule.service,
    login: shut ? "nobody has it" : required ? "required" : "none",
    aud: required && !shut ? check.audTag.join(", ") : undefined,
    paths: pathsOf(rule, route),
    ...Object.fromEntries(Object.entries(options).map(([name, value]) => [`origin.${name}`, plain(value)])),
  });
}

function pathsOf({ path }: RawRule, route: Route): string | undefined {
  const written = (more: { readonly clean: boolean; readonly broad?: true }) => pathFor({ route, check: { team: "", aud: "" }, ...more });
  if ((path || undefined) === written({ clean: false })) return undefined;
  if (route.path !== undefined && path === written({ clean: false, broad: true })) return "in any spelling";
  return route.path !== undefined && path === written({ clean: true, broad: true })
    ? "clean ones only, in any spelling"
    : "clean ones only";
}

const plain = (value: unknown): Field =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : JSON.stringify(value);
