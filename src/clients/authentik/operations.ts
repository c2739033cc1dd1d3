/** A call to Authentik's API and the permission that the token's user needs. */
export interface AuthentikOperation {
  /** Completes "Authentik refused to …". */
  readonly does: string;
  readonly reads: boolean;
  /** As `app_label.codename`, the form in Authentik's admin interface. */
  readonly permission: string;
  /** True if only `cfauth destroy` makes the call, never the daemon. */
  readonly teardownOnly?: true;
}

const read = (does: string, permission: string): AuthentikOperation => ({
  does,
  reads: true,
  permission,
});
const write = (does: string, permission: string): AuthentikOperation => ({
  does,
  reads: false,
  permission,
});

const remove = (does: string, permission: string): AuthentikOperation => ({
  ...write(does, permission),
  teardownOnly: true,
});

export const AUTHENTIK_OPERATIONS = {
  "version.get": read("say its version", "any token"),
  "flows.list": read("list the flows", "authentik_flows.view_flow"),
  "keys.list": read("list the certificates", "authentik_crypto.view_certificatekeypair"),
  "scopes.list": read("list the scope mappings", "authentik_providers_oauth2.view_scopemapping"),
  "providers.list": read(
    "list the OAuth2 providers",
    "authentik_providers_oauth2.view_oauth2provider",
  ),
  "providers.get": read(
    "read the OAuth2 provider",
    "authentik_providers_oauth2.view_oauth2provider",
  ),
  "providers.create": write(
    "create the OAuth2 provider",
    "authentik_providers_oauth2.add_oauth2provider",
  ),
  "providers.update": write(
    "change the OAuth2 provider",
    "authentik_providers_oauth2.change_oauth2provider",
  ),
  "providers.delete": remove(
    "delete the OAuth2 provider",
    "authentik_providers_oauth2.delete_oauth2provider",
  ),
  "applications.get": read("read the application", "authentik_core.view_application"),
  "applications.create": write("create the application", "authentik_core.add_application"),
  "applications.update": write("change the application", "authentik_core.change_application"),
  "applications.delete": remove("delete the application", "authentik_core.delete_application"),
  "scopes.create": write(
    "create the scope mapping for groups",
    "authentik_providers_oauth2.add_scopemapping",
  ),
  "scopes.update": write(
    "change the scope mapping for groups",
    "authentik_providers_oauth2.change_scopemapping",
  ),
  "scopes.get": read(
    "read the scope mapping for groups",
    "authentik_providers_oauth2.view_scopemapping",
  ),
  "scopes.delete": remove(
    "delete the scope mapping for groups",
    "authentik_providers_oauth2.delete_scopemapping",
  ),
  "groups.list": read("list the groups", "authentik_core.view_group"),
  "me.get": read("say whose token this is", "any token"),
  "permissions.list": read("list the permissions of its user", "any token"),
  "tokens.list": read("list the tokens of its user", "any token"),
  "tiles.list": read("list the applications", "authentik_core.view_application"),
  "tiles.create": write("create an application", "authentik_core.add_application"),
  "tiles.update": write("change an application", "authentik_core.change_application"),
  "tiles.delete": write("delete an application", "authentik_core.delete_application"),
  "bindings.list": read("list the policy bindings", "authentik_policies.view_policybinding"),
  "bindings.create": write(
    "bind an application to a group",
    "authentik_policies.add_policybinding",
  ),
  "bindings.delete": write(
    "unbind an application from a group",
    "authentik_policies.delete_policybinding",
  ),
  "secrets.create": write("create a client secret", "authentik_secrets.add_secret"),
  "secrets.get": {
    ...read("read about a client secret", "authentik_secrets.view_secret"),
    teardownOnly: true,
  },
  "secrets.delete": remove("delete a client secret", "authentik_secrets.delete_secret"),
  "secrets.view": read("read the provider's client secret", "authentik_secrets.view_secret_value"),
} as const satisfies Readonly<Record<string, AuthentikOperation>>;

export type AuthentikOperationName = keyof typeof AUTHENTIK_OPERATIONS;
