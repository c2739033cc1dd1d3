import type { Request } from "../../routes.ts";

/** Kinds of objects by their address: app label and model, as Django names permissions by them. */
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

/** What the owner of the token must have been given for this request; nothing for the version, users/me and the like. */
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
    // To attach a secret is to be able to read it: by a login to one's own address.
    ...(model === "oauth2provider" && attaches(body) ? [SECRET_VALUE] : []),
  ];
}

function attaches(body: unknown): boolean {
  return (
    typeof body === "object" && body !== null && "secret" in body && typeof body.secret === "string"
  );
}
