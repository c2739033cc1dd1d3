import { AUTHENTIK_OPERATIONS } from "../../src/clients/authentik/operations.ts";
import { permissions, secretPermissions } from "../../src/clients/authentik/permissions.ts";
import { filled } from "./filled.ts";

/** docs/authentik.md with `<!-- permissions -->` and `<!-- grant -->` regenerated. */
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
    ...secretPermissions.map((permission) => row(permission, " (from 2026.11 on)")),
  ].join("\n");
}

/** Merges texts that differ only in an article, such as "create the application" and "create an application". */
function uses(wanted: string): string {
  const all = Object.values(AUTHENTIK_OPERATIONS).flatMap(({ permission, does }) =>
    permission === wanted ? [does] : [],
  );
  return [...new Map(all.map((does) => [does.replace(/\b(the|an?) /g, ""), does])).values()].join(
    ", ",
  );
}

/** The names of object kinds in Authentik's lists (the verbose names in its source, checked 2026-11). */
const MODELS: Readonly<Record<string, string>> = {
  "authentik_core.application": "Application",
  "authentik_core.group": "Group",
  "authentik_crypto.certificatekeypair": "Certificate-Key Pair",
  "authentik_flows.flow": "Flow",
  "authentik_policies.policybinding": "Policy Binding",
  "authentik_providers_oauth2.oauth2provider": "OAuth2/OpenID Provider",
  "authentik_providers_oauth2.scopemapping": "Scope Mapping",
};

/** `authentik_core.view_group` → `Can view Group`. Names of an unreleased version cannot be checked yet. */
function shownAs(permission: string): string {
  if (secretPermissions.includes(permission)) return "–";
  const [, app = "", verb = "", model = ""] = /^(\w+)\.([a-z]+)_(\w+)$/.exec(permission) ?? [];
  const name = MODELS[`${app}.${model}`];
  if (name === undefined)
    throw new Error(`tools/docs/permissions.ts has no name for ${app}.${model}`);
  return `Can ${verb} ${name}`;
}

/** The API call that grants all permissions to a role. Authentik rejects the whole call if it does not know one of them. */
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
