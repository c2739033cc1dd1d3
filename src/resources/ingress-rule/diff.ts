import type { Route } from "../../core/domain/route.ts";
import { type Diff, diffFields, type Field, type Fields, fieldsOf } from "../contract/diff.ts";
import type { ObservedState } from "../observed.ts";
import {
  desiredRule,
  isPlaceholderRule,
  loginCheckOf,
  pathFor,
  placeholderRule,
  routeOf,
} from "./rules.ts";
import type { IngressRuleChange, RawRule } from "./types.ts";

/** What a rule leads to that lets nobody in. */
export const CLOSED_TEXT = "nothing (503)";

export function diffIngressRule(
  change: IngressRuleChange,
  observed: Pick<ObservedState, "ingress">,
): Diff {
  const { mark } = observed.ingress;
  if ("unmarked" in change) return diffFields({ mark: "none" }, { mark: change.mark });
  const [now] = change.existing;
  if (change.action === "delete")
    return diffFields(now === undefined ? {} : fields(now, mark), undefined);
  const before = now && fields(now, mark);
  if ("placeholder" in change) {
    const theirs = change.instead?.length
      ? { service: change.instead.map(({ service }) => service).join(", ") }
      : before;
    return diffFields(theirs, fields(placeholderRule(change), mark));
  }
  if ("reroute" in change)
    return diffFields(before, now && fields({ ...now, service: change.reroute }, mark));
  const after = fields(desiredRule(change.desired), mark);
  const opens = change.desired.check === undefined && before?.["login"] !== "none";
  return diffFields(change.action === "create" ? undefined : before, after, {
    exposure: opens ? "PUBLIC" : undefined,
  });
}

function fields(rule: RawRule, mark: string): Fields {
  const route = routeOf(rule);
  const check = loginCheckOf(rule);
  const { access: _, ...options } = rule.originRequest ?? {};
  const shut = isPlaceholderRule(rule, mark);
  const required = check?.required === true;
  return fieldsOf({
    service: shut ? CLOSED_TEXT : rule.service,
    login: shut ? "nobody has it" : required ? "required" : "none",
    aud: required && !shut ? check.audTag.join(", ") : undefined,
    paths: pathsOf(rule, route),
    ...Object.fromEntries(
      Object.entries(options).map(([name, value]) => [`origin.${name}`, plain(value)]),
    ),
  });
}

function pathsOf({ path }: RawRule, route: Route | undefined): string | undefined {
  if (route === undefined) return undefined;
  const written = (more: { readonly cleanPathsOnly: boolean; readonly everySpelling?: true }) =>
    pathFor({ route, check: { team: "", aud: "" }, ...more });
  if ((path || undefined) === written({ cleanPathsOnly: false })) return undefined;
  if (route.path !== undefined && path === written({ cleanPathsOnly: false, everySpelling: true }))
    return "in any spelling";
  return route.path !== undefined && path === written({ cleanPathsOnly: true, everySpelling: true })
    ? "clean ones only, in any spelling"
    : "clean ones only";
}

const plain = (value: unknown): Field =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? value
    : JSON.stringify(value);
