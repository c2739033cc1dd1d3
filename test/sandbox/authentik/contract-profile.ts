import type { Contract, Profile } from "../contract.ts";
import type { Version } from "./versions.ts";

/** A client sends all versions the same fields. A version ignores those that it does not know, and its schema does not declare them. */
const YOUNGER = {
  application: ["meta_hide", "meta_icon"],
  provider: ["grant_types", "invalidation_flow", "encryption_key"],
} as const;

export function contractProfile(version: Version): Profile {
  return {
    api: "authentik",
    answer: (_, body) => withoutBlanks(body),
    body: ({ path }, sent) => {
      const body = withoutBlanks(sent);
      if (path.startsWith("/core/applications/"))
        return without(
          body,
          YOUNGER.application.filter((field) => !writable(version, field)),
        );
      if (!path.startsWith("/providers/oauth2/")) return body;
      const known = without(
        body,
        YOUNGER.provider.filter((field) => !version.knows("provider", field)),
      );
      return withOldRedirects(version, known);
    },
  };
}

/** A URL may be empty, which the schema's format does not allow. */
const MAY_BE_BLANK = ["meta_launch_url", "logout_uri"];

function withoutBlanks(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(withoutBlanks);
  if (!isObject(part)) return part;
  const kept = Object.entries(part).filter(
    ([field, value]) => value !== "" || !MAY_BE_BLANK.includes(field),
  );
  return Object.fromEntries(kept.map(([field, value]) => [field, withoutBlanks(value)]));
}

function writable(version: Version, field: string): boolean {
  return field === "meta_icon" ? version.has("writableIcon") : version.knows("application", field);
}

function withOldRedirects(version: Version, body: unknown): unknown {
  if (
    version.knows("redirectUri", "redirect_uri_type") ||
    !isObject(body) ||
    !Array.isArray(body["redirect_uris"])
  )
    return body;
  return {
    ...body,
    redirect_uris: body["redirect_uris"].map((uri) => without(uri, ["redirect_uri_type"])),
  };
}

function without(body: unknown, fields: readonly string[]): unknown {
  if (!isObject(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([field]) => !fields.includes(field)));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Since 2024.4; older servers ignore it, like any unknown parameter. */
const UNKNOWN_PARAMETER = "?include_users is not declared";

/**
 * Where the published schema is known to be wrong. Before 2026.8 it does not allow null for inner objects. And
 * without an application it declares 404 for setup_urls, which answers 200 with fewer fields.
 */
export function tolerant(contract: Contract | undefined): Contract | undefined {
  if (!contract) return undefined;
  const wrong =
    /_obj must be object$|setup_urls\/ answer 200: \/(issuer|provider_info|logout)? ?must/;
  return {
    request: (call) => contract.request(call).filter((fault) => !fault.endsWith(UNKNOWN_PARAMETER)),
    answer: (call, answer) => contract.answer(call, answer).filter((fault) => !wrong.test(fault)),
  };
}
