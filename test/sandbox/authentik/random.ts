import { randomBytes } from "node:crypto";

/** Letters and digits. */
export function randomText(length: number): string {
  return randomBytes(length).toString("base64url").replace(/[-_]/g, "x").slice(0, length);
}
