import type { Contract, Profile } from "../contract.ts";
import type { Version } from "./versions.ts";

/** A client speaks to all versions alike: what a version does not know yet it ignores, and its schema has no word for. */
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

/** A URL may be left blank, which the schema's format forgets. */
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

/** Came with 2024.4; older servers ignore it, as they do whatever they do not know. */
const UNKNOWN_PARAMETER = "?include_users is not declared";

/**
 * Where the published schema is known to be wrong: before 2026.8 it forgot that the inner objects may be null, and it
 * has setup_urls answer 404 without an application, which answers 200 with less.
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
