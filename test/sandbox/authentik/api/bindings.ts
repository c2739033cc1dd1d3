import { randomUUID } from "node:crypto";
import type { Route } from "../../routes.ts";
import type { AuthentikState, Binding } from "../state.ts";
import type { Version } from "../versions.ts";
import { flag, integer, keyOf, nullable, text } from "./fields.ts";
import { partialGroup, partialUser, wholeGroup, wholeUser } from "./groups.ts";
import { exactly } from "./lists.ts";
import { invalid } from "./refusal.ts";
import { type Resource, routesOf } from "./resource.ts";

export function bindingRoutes(state: AuthentikState, version: Version): Route[] {
  const targets = (): string[] => state.applications.map(({ pk }) => pk);
  const resource: Resource<Binding> = {
    path: "/policies/bindings/",
    key: "pk",
    model: "PolicyBinding",
    rows: () => state.bindings,
    show: (binding) => shown(state, version, binding),
    filters: {
      target: exactly("target"),
      policy: exactly("policy"),
      enabled: exactly("enabled"),
      order: exactly("order"),
    },
    checkFilters: (query) => requireKnownTarget(query, targets()),
    order: "order",
    write: {
      fields: {
        target: { read: keyOf(targets), required: true },
        order: { read: integer, required: true },
        group: { read: nullable(keyOf(() => state.groups.map(({ pk }) => pk))) },
        user: { read: nullable(keyOf(() => state.users.map(({ pk }) => pk))) },
        policy: { read: nullable(text()) },
        negate: { read: flag },
        enabled: { read: flag },
        timeout: { read: integer },
        failure_result: { read: flag },
      },
      kind: "binding",
      create,
      check,
      written: (_, verb) => {
        // Deleting a binding does not clear the cache: stale tiles for a day.
        if (verb !== "removed") state.listedApplications.clear();
      },
    },
  };
  return routesOf(resource, version);
}

/** An unknown target gets 400, not an empty list. */
function requireKnownTarget(query: URLSearchParams, targets: readonly string[]): void {
  const target = query.get("target");
  if (target && !targets.includes(target))
    throw invalid({
      target: ["Select a valid choice. That choice is not one of the available choices."],
    });
}

/** Two bindings of one group to one target are allowed: the uniqueness rule covers only policies. */
function create(values: Record<string, unknown>): Binding {
  return {
    pk: randomUUID(),
    target: "",
    policy: null,
    group: null,
    user: null,
    negate: false,
    enabled: true,
    order: 0,
    timeout: 30,
    failure_result: false,
    ...values,
  };
}

/** Validates only the request, so a PATCH must repeat what it does not change. */
function check({ target, policy, group, user }: Record<string, unknown>): void {
  // Such a PATCH fails inside the real server with 500. No client should depend on that.
  if (target === undefined) throw invalid({ target: ["This field is required."] });
  const set = [policy, group, user].filter((key) => key !== undefined && key !== null);
  if (set.length > 1)
    throw invalid({ non_field_errors: ["Only one of 'policy', 'group', 'user' can be set."] });
  if (set.length < 1)
    throw invalid({ non_field_errors: ["One of 'policy', 'group', 'user' must be set."] });
}

function shown(state: AuthentikState, version: Version, binding: Binding): object {
  const group = state.groups.find(({ pk }) => pk === binding.group);
  const user = state.users.find(({ pk }) => pk === binding.user);
  const partial = version.has("partialBindings");
  return version.trimmed("binding", {
    ...binding,
    policy_obj: null,
    group_obj: group ? (partial ? partialGroup(group) : wholeGroup(state, version, group)) : null,
    user_obj: user ? (partial ? partialUser(user) : wholeUser(user)) : null,
    expires: null,
    expiring: false,
  });
}
