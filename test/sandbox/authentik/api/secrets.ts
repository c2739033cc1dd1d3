import { randomUUID } from "node:crypto";
import type { Route } from "../../routes.ts";
import { randomText } from "../random.ts";
import type { AuthentikState, Secret } from "../state.ts";
import type { Version } from "../versions.ts";
import { oneOf, type Read, requireUnique, text } from "./fields.ts";
import { containing, exactly } from "./lists.ts";
import { type Resource, routesOf, rowOf } from "./resource.ts";

/**
 * Secret objects, which replace a provider's `client_secret`. Planned for 2026.11 (Authentik's main branch, August
 * 2026); no schema is published yet.
 */
export function secretRoutes(state: AuthentikState, version: Version): Route[] {
  if (!version.has("secretObjects")) return [];
  const resource = secretResource(state);
  const view: Route = {
    method: "GET",
    path: `${resource.path}{key}/view_value/`,
    answer: (request) => ({ status: 200, body: { value: rowOf(resource, request).value } }),
  };
  return [view, ...routesOf(resource, version)];
}

function secretResource(state: AuthentikState): Resource<Secret> {
  return {
    path: "/secrets/secrets/",
    key: "pk",
    model: "Secret",
    rows: () => state.secrets,
    // Only view_value returns the value, and Authentik logs that in its audit log.
    show: ({ value: _, ...secret }) => secret,
    filters: { name: exactly("name"), type: exactly("type"), search: containing("name") },
    order: "name",
    write: {
      fields: {
        name: { read: text(), required: true },
        type: { read: oneOf("text", "multiline", "file") },
        value: { read: untrimmed },
      },
      kind: "secret",
      create: (values) => newSecret(values),
      check: (values, row) => requireUnique(state.secrets, row, "name", values["name"], "Secret"),
      written: ({ pk }, verb) => {
        if (verb === "removed")
          for (const each of state.providers) if (each.secret === pk) each.secret = null;
      },
    },
  };
}

/** The automatic secret of a new provider, with a free name. */
export function secretOfProvider(state: AuthentikState, provider: string): string {
  const name = `${provider} client secret`;
  const taken = state.secrets.some((other) => other.name === name);
  const secret = newSecret({ name: taken ? `${name} ${randomText(8)}` : name });
  state.secrets.push(secret);
  return secret.pk;
}

function newSecret(values: Readonly<Record<string, unknown>>): Secret {
  return { pk: randomUUID(), name: "", type: "text", value: randomText(128), ...values };
}

/** A trailing space is part of the secret. */
const untrimmed: Read = (value) => {
  text()(value);
  return String(value);
};
