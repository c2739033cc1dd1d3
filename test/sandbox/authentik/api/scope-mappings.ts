import { randomUUID } from "node:crypto";
import type { Route } from "../../routes.ts";
import type { AuthentikState, ScopeMapping } from "../state.ts";
import type { Version } from "../versions.ts";
import { nullable, requireUnique, text } from "./fields.ts";
import { containing, exactly } from "./lists.ts";
import { invalid } from "./refusal.ts";
import { type Resource, routesOf } from "./resource.ts";

const MODEL = "Scope Mapping";

export function scopeMappingRoutes(state: AuthentikState, version: Version): Route[] {
  const resource: Resource<ScopeMapping> = {
    path: version.has("scopesBelowProvider")
      ? "/propertymappings/provider/scope/"
      : "/propertymappings/scope/",
    key: "pk",
    model: "ScopeMapping",
    rows: () => state.scopeMappings,
    show: shown,
    filters: {
      name: exactly("name"),
      scope_name: exactly("scope_name"),
      search: containing("name", "scope_name"),
      managed: ({ managed }, _, values) => managed !== null && values.includes(managed),
      managed__isnull: ({ managed }, value) => (managed === null) === (value === "true"),
    },
    checkFilters: (query) => requireKnownNames(state, query),
    order: "scope_name",
    write: {
      fields: {
        managed: { read: nullable(text()) },
        name: { read: text(), required: true },
        expression: { read: text(), required: true },
        scope_name: { read: text(), required: true },
        description: { read: text({ blank: true }) },
      },
      kind: "scopeMapping",
      create: (values) => ({
        pk: randomUUID(),
        managed: null,
        name: "",
        expression: "",
        scope_name: "",
        description: "",
        ...values,
      }),
      check: (values, row) =>
        requireUnique(state.scopeMappings, row, "name", values["name"], MODEL),
      written: ({ pk }, verb) => {
        if (verb === "removed")
          for (const each of state.providers)
            each.property_mappings = each.property_mappings.filter((key) => key !== pk);
      },
    },
  };
  return routesOf(resource, version);
}

/**
 * `?managed=` accepts several values, each of which must exist: an unknown one gets 400, not an empty list. So before
 * the worker has created the mappings, a request for them by name gets 400.
 */
function requireKnownNames({ scopeMappings }: AuthentikState, query: URLSearchParams): void {
  const unknown = query
    .getAll("managed")
    .find((name) => !scopeMappings.some(({ managed }) => managed === name));
  if (unknown !== undefined)
    throw invalid({
      managed: [`Select a valid choice. ${unknown} is not one of the available choices.`],
    });
}

function shown(mapping: ScopeMapping): object {
  return {
    ...mapping,
    component: "ak-property-mapping-provider-scope-form",
    verbose_name: MODEL,
    verbose_name_plural: "Scope Mappings",
    meta_model_name: "authentik_providers_oauth2.scopemapping",
  };
}
