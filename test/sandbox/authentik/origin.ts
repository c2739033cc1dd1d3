import type { IncomingHttpHeaders } from "node:http";

/** The origin that the caller used. Authentik builds most of its URLs from it. */
export function callerOrigin(headers: IncomingHttpHeaders): string {
  const protocol = String(headers["x-forwarded-proto"] ?? "http")
    .split(",")[0]
    ?.trim();
  return `${protocol}://${headers["x-forwarded-host"] ?? headers.host ?? "localhost"}`;
}
