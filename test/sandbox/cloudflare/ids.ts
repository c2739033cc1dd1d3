import { randomBytes, randomUUID } from "node:crypto";

/** Accounts, zones and records have 32 hexadecimal digits; tunnels and Access objects have a UUID. */
export function hexId(): string {
  return randomBytes(16).toString("hex");
}

export function uuid(): string {
  return randomUUID();
}

/** The audience tag of an Access application. */
export function audience(): string {
  return randomBytes(32).toString("hex");
}

export function tunnelSecret(): string {
  return randomBytes(32).toString("base64");
}

export function timestamp(): string {
  return new Date().toISOString();
}

const HEX = /^[0-9a-f]{32}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Whether a path parameter is well formed. If not, Cloudflare finds no route (7003). */
export function wellFormed(parameter: string, value: string): boolean {
  if (parameter === "tag_name") return true;
  return ["account_id", "zone_id", "dns_record_id"].includes(parameter)
    ? HEX.test(value)
    : UUID.test(value);
}
