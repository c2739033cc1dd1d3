import type { Request } from "../../routes.ts";

/** Kinds of objects by path: app label and model, which form the names of Django's permissions. */
const MODELS: readonly (readonly [path: RegExp, app: string, model: string])[] = [
  [/^\/core\/applications\//, "authentik_core", "application"],
  [/^\/core\/groups\//, "authentik_core", "group"],
  [/^\/providers\/oauth2\//, "authentik_providers_oauth2", "oauth2provider"],
  [/^\/propertymappings\/(provider\/)?scope\//, "authentik_providers_oauth2", "scopemapping"],
  [/^\/flows\/instances\//, "authentik_flows", "flow"],
  [/^\/crypto\/certificatekeypairs\//, "authentik_crypto", "certificatekeypair"],
  [/^\/policies\/bindings\//, "authentik_policies", "policybinding"],
  [/^\/secrets\/secrets\//, "authentik_secrets", "secret"],
];

const VERBS: Readonly<Record<string, string>> = {
  GET: "view",
  POST: "add",
  PUT: "change",
  PATCH: "change",
  DELETE: "delete",
};

const SECRET_VALUE = "authentik_secrets.view_secret_value";

/** The permissions that this request needs. The version, users/me and some others need none. */
export function permissionsFor({
  call: { method, path, query, body },
}: Request): readonly string[] {
  if (path.endsWith("/setup_urls/")) return [];
  if (path.startsWith("/secrets/secrets/") && path.endsWith("/view_value/")) return [SECRET_VALUE];
  const [, app, model] = MODELS.find(([pattern]) => pattern.test(path)) ?? [];
  if (app === undefined) return [];
  const verb = path.endsWith("/set_icon_url/") ? "change" : VERBS[method];
  return [
    `${app}.${verb}_${model}`,
    ...(path.endsWith("/preview_user/") && query.has("for_user")
      ? ["authentik_core.preview_user"]
      : []),
    // Whoever attaches a secret can read it, through a login to their own address.
    ...(model === "oauth2provider" && attaches(body) ? [SECRET_VALUE] : []),
  ];
}

function attaches(body: unknown): boolean {
  return (
    typeof body === "object" && body !== null && "secret" in body && typeof body.secret === "string"
  );
}
