/** A call to Cloudflare's API and the token permission that it needs. */
export interface CloudflareOperation {
  /** Completes "Cloudflare refused to …". */
  readonly does: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** The dashboard's name. The API calls the dashboard's "Edit" "Write" (docs, checked 2026-11). */
  readonly permission: string;
  /** The page size for lists: the maximum that the operation supports. */
  readonly perPage: number;
  /** True if the call depends on a read just before it. It is then never delayed or repeated. */
  readonly fresh?: true;
}

/** For calls that every token may make. */
const NONE = "any token";
export const TUNNEL = "Account · Cloudflare Tunnel · Edit";
export const APPS = "Account · Access: Apps and Policies · Edit";
export const LOGIN = "Account · Access: Organizations, Identity Providers, and Groups · Edit";
const TOKENS = "Account · Access: Service Tokens · Read";
export const DNS = "Zone · DNS · Edit";
export const ZONES = "Zone · Zone · Read";
const ACCOUNT = "Account · Account Settings · Read";

const get = (does: string, permission: string, perPage = 1_000): CloudflareOperation => ({
  does,
  method: "GET",
  permission,
  perPage,
});
const write =
  (method: CloudflareOperation["method"]) =>
  (does: string, permission: string): CloudflareOperation => ({
    does,
    method,
    permission,
    perPage: 0,
  });
const [post, put, patch, remove] = [write("POST"), write("PUT"), write("PATCH"), write("DELETE")];

export const CLOUDFLARE_OPERATIONS = {
  "accounts.list": get("list the accounts", ACCOUNT, 50),
  "zones.list": get("list the zones", ZONES, 50),
  "organization.get": get("read the Zero Trust team", LOGIN),
  "login-methods.list": get("list the login methods", LOGIN),
  "login-methods.create": post("create the login method", LOGIN),
  "login-methods.update": put("change the login method", LOGIN),
  "login-methods.delete": remove("delete the login method", LOGIN),
  "applications.list": get("list the Access applications", APPS),
  "applications.create": post("create an Access application", APPS),
  "applications.update": put("change an Access application", APPS),
  "applications.delete": remove("delete an Access application", APPS),
  "policies.list": get("list the Access policies", APPS),
  "policies.create": post("create an Access policy", APPS),
  "policies.update": put("change an Access policy", APPS),
  "policies.delete": remove("delete an Access policy", APPS),
  "tags.list": get("list the Access tags", APPS),
  "tags.create": post("create the Access tag", APPS),
  "tags.delete": remove("delete the Access tag", APPS),
  "service-tokens.list": get("list the Access service tokens", TOKENS),
  "tunnels.list": get("list the tunnels", TUNNEL),
  "tunnels.get": get("read the tunnel", TUNNEL),
  "tunnels.create": post("create the tunnel", TUNNEL),
  "tunnels.token": get("read the tunnel's connector token", TUNNEL),
  "tunnels.connections": get("read which rules cloudflared runs on", TUNNEL),
  "configuration.get": get("read the tunnel's rules", TUNNEL),
  "configuration.put": { ...put("write the tunnel's rules", TUNNEL), fresh: true },
  "records.list": get("list the DNS records", DNS, 2_000),
  "records.create": post("create a DNS record", DNS),
  "records.update": put("change a DNS record", DNS),
  "records.delete": remove("delete a DNS record", DNS),
  "records.batch": post("write a batch of DNS records", DNS),
  "token.verify": get("verify the API token", NONE),
  // Sent for ids that cannot exist, to learn the permission from the response: see
  // doctor/cloudflare-permissions.ts.
  "tunnels.probe": get("try the permission for tunnels", TUNNEL),
  "applications.probe": put("try the permission for Access applications", APPS),
  "login-methods.probe": put("try the permission for login methods", LOGIN),
  "records.probe": patch("try the permission for DNS records", DNS),
} as const satisfies Readonly<Record<string, CloudflareOperation>>;

export type CloudflareOperationName = keyof typeof CLOUDFLARE_OPERATIONS;

export const isRead = ({ method }: CloudflareOperation): boolean => method === "GET";
