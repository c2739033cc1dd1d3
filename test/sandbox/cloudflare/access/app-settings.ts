import { type Fields, isTexts } from "../fields.ts";
import type { CloudflareState } from "../state.ts";
import { invalidRequest } from "./refusals.ts";

const TYPES = [
  "self_hosted",
  "saas",
  "ssh",
  "vnc",
  "app_launcher",
  "warp",
  "biso",
  "bookmark",
  "dash_sso",
  "infrastructure",
  "rdp",
  "mcp",
  "mcp_portal",
];
/** A Go duration: `24h`, `1h30m`; it has no unit for days. */
const DURATION = /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/;
const FLAGS: Readonly<Record<string, boolean>> = {
  app_launcher_visible: true,
  auto_redirect_to_identity: false,
  enable_binding_cookie: false,
  http_only_cookie_attribute: true,
  options_preflight_bypass: false,
  path_cookie_attribute: false,
  eager_redirect_cookie_setting: true,
};

export function appType(fields: Fields): string {
  const type = fields.type;
  if (typeof type === "string" && TYPES.includes(type)) return type;
  throw invalidRequest("app type is missing or invalid");
}

/** The boolean settings, with defaults. */
export function flags(fields: Fields): Record<string, boolean> {
  const entries = Object.entries(FLAGS).map(([name, usual]) => {
    const value = fields[name] ?? usual;
    if (typeof value !== "boolean") throw invalidRequest(`${name} must be a boolean`);
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}

export function sessionDuration(fields: Fields): string {
  const duration = fields.session_duration ?? "24h";
  if (typeof duration === "string" && DURATION.test(duration)) return duration;
  throw invalidRequest("session_duration is not a duration");
}

export function allowedIdps(state: CloudflareState, fields: Fields): string[] {
  const idps = fields.allowed_idps ?? [];
  if (!isTexts(idps)) throw invalidRequest("allowed_idps must be a list of ids");
  const missing = idps.find((id) => !state.identityProviders.has(id));
  if (missing !== undefined)
    throw invalidRequest(
      `allowed_idps contain an identity provider that does not exist: ${missing}`,
    );
  if (fields.auto_redirect_to_identity === true && idps.length !== 1)
    throw invalidRequest("auto_redirect_to_identity needs exactly one allowed identity provider");
  return idps;
}

/** In alphabetical order, whatever the order in the request. */
export function tagNames(state: CloudflareState, fields: Fields): string[] {
  const tags = fields.tags ?? [];
  if (!isTexts(tags)) throw invalidRequest("tags must be a list of names");
  if (tags.some((name) => !state.tags.has(name)))
    throw invalidRequest("tags contain a tag that does not exist");
  return [...new Set(tags)].sort();
}
