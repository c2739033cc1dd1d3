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

/** Shown as the service of a placeholder rule. */
export const CLOSED_TEXT = "nothing (503)";

export function diffIngressRule(
  change: IngressRuleChange,
  observed: Pick<ObservedState, "ingress">,
): Diff {
  const { mark } = observed.ingress;
  if ("unmarked" in change) return diffFields({ mark: "none" }, { mark: change.mark });
  const [existing] = change.existing;
  if (change.action === "delete")
    return diffFields(existing === undefined ? {} : fields(existing, mark), undefined);
  const before = existing && fields(existing, mark);
  if ("placeholder" in change) {
    const replaced = change.instead?.length
      ? { service: change.instead.map(({ service }) => service).join(", ") }
      : before;
    return diffFields(replaced, fields(placeholderRule(change), mark));
  }
  if ("reroute" in change)
    return diffFields(before, existing && fields({ ...existing, service: change.reroute }, mark));
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
  const isPlaceholder = isPlaceholderRule(rule, mark);
  const required = check?.required === true;
  const login = required ? "required" : "none";
  return fieldsOf({
    service: isPlaceholder ? CLOSED_TEXT : rule.service,
    login: isPlaceholder ? "nobody has it" : login,
    aud: required && !isPlaceholder ? check.audTag.join(", ") : undefined,
    paths: pathsOf(rule, route),
    ...Object.fromEntries(
      Object.entries(options).map(([name, value]) => [`origin.${name}`, plainValue(value)]),
    ),
  });
}

function pathsOf({ path }: RawRule, route: Route | undefined): string | undefined {
  if (route === undefined) return undefined;
  const written = (options: { readonly cleanPathsOnly: boolean; readonly everySpelling?: true }) =>
    pathFor({ route, check: { team: "", aud: "" }, ...options });
  if ((path || undefined) === written({ cleanPathsOnly: false })) return undefined;
  if (route.path !== undefined && path === written({ cleanPathsOnly: false, everySpelling: true }))
    return "in any spelling";
  return route.path !== undefined && path === written({ cleanPathsOnly: true, everySpelling: true })
    ? "clean ones only, in any spelling"
    : "clean ones only";
}

const plainValue = (value: unknown): Field =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? value
    : JSON.stringify(value);
