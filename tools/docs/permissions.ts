import { AUTHENTIK_OPERATIONS } from "../../src/clients/authentik/operations.ts";
import { permissions, secretPermissions } from "../../src/clients/authentik/permissions.ts";
import { filled } from "./filled.ts";

/** docs/authentik.md with `<!-- permissions -->` and `<!-- grant -->` filled anew. */
export const withPermissions = (text: string): string =>
  filled(PAGE, filled(PAGE, text, "permissions", table()), "grant", grant());

const PAGE = "docs/authentik.md";

function table(): string {
  const row = (permission: string, from: string) =>
    `| \`${permission}\` | ${shownAs(permission)} | ${uses(permission)}${from} |`;
  return [
    "| permission | in Authentik's list | needed to |",
    "|---|---|---|",
    ...permissions.map((permission) => row(permission, "")),
    ...secretPermissions.map((permission) => row(permission, " (only from 2026.11 on)")),
  ].join("\n");
}

/** Of "create the application" and "create an application" one is enough. */
function uses(wanted: string): string {
  const all = Object.values(AUTHENTIK_OPERATIONS).flatMap(({ permission, does }) =>
    permission === wanted ? [does] : [],
  );
  return [...new Map(all.map((does) => [does.replace(/\b(the|an?) /g, ""), does])).values()].join(
    ", ",
  );
}

/** What the kinds of objects are called in Authentik's own lists (their verbose names in its source, checked 2026-11). */
const MODELS: Readonly<Record<string, string>> = {
  "authentik_core.application": "Application",
  "authentik_core.group": "Group",
  "authentik_crypto.certificatekeypair": "Certificate-Key Pair",
  "authentik_flows.flow": "Flow",
  "authentik_policies.policybinding": "Policy Binding",
  "authentik_providers_oauth2.oauth2provider": "OAuth2/OpenID Provider",
  "authentik_providers_oauth2.scopemapping": "Scope Mapping",
};

/** `authentik_core.view_group` → `Can view Group`; those of a version that is not out yet have no name that could be checked. */
function shownAs(permission: string): string {
  if (secretPermissions.includes(permission)) return "–";
  const [, app = "", verb = "", model = ""] = /^(\w+)\.([a-z]+)_(\w+)$/.exec(permission) ?? [];
  const name = MODELS[`${app}.${model}`];
  if (name === undefined)
    throw new Error(`tools/docs/permissions.ts does not know what Authentik calls ${app}.${model}`);
  return `Can ${verb} ${name}`;
}

/** The body of the call that gives a role all of them; one that Authentik does not know would make it refuse the whole. */
function grant(): string {
  const list = permissions.map((permission) => `  "${permission}"`).join(",\n");
  return [
    "```sh",
    `ak "rbac/permissions/assigned_by_roles/$ROLE/assign/" -d '{"permissions": [`,
    list,
    "]}'",
    "```",
  ].join("\n");
}
