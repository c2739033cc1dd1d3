/** What is asked of Cloudflare, and which permission of the token it takes. */
export interface CloudflareOperation {
  /** Continues "Cloudflare refused to …". */
  readonly does: string;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** As the dashboard names it, whose "Edit" the API calls "Write" (docs, checked 2026-11). */
  readonly permission: string;
  /** Items on a page of a list: the most that the operation gives. */
  readonly perPage: number;
  /** Whether it rests on a read just before it, so that it is never sent after a wait, nor a second time. */
  readonly fresh?: true;
}

/** What every token can ask of itself. */
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
  // Asked about things that cannot be there, for the sake of what is answered: see doctor/cloudflare/permissions.ts.
  "tunnels.probe": get("try the permission for tunnels", TUNNEL),
  "applications.probe": put("try the permission for Access applications", APPS),
  "login-methods.probe": put("try the permission for login methods", LOGIN),
  "records.probe": patch("try the permission for DNS records", DNS),
} as const satisfies Readonly<Record<string, CloudflareOperation>>;

export type CloudflareOperationName = keyof typeof CLOUDFLARE_OPERATIONS;

export const reads = ({ method }: CloudflareOperation): boolean => method === "GET";
