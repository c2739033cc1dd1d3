import { invalid, ok, type ParseResult } from "../core/text/parse-result.ts";

/** The address that the HTTP server listens on. */
export interface ListenAddress {
  /** IPv6 addresses have no brackets; `::` means all addresses, IPv4 included. */
  readonly host: string;
  /** 0 means any free port. */
  readonly port: number;
}

/** Parses `0.0.0.0:8080`, `[::]:8080`, `:8080`, `127.0.0.1:0`. */
export function parseListen(text: string): ParseResult<ListenAddress> {
  const match = /^(\[[0-9a-f:.%a-z]+\]|[a-z0-9.-]*):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535)
    return invalid(
      "is not an address and a port",
      "write it like 0.0.0.0:8080, [::]:8080 or :8080",
    );
  return ok({ host: match[1]?.replace(/^\[|\]$/g, "") || "::", port });
}

/** The URL at which a process in the same container reaches this address; no trailing slash. */
export function listenUrl({ host, port }: ListenAddress): string {
  if (host === "0.0.0.0" || host === "::") return `http://127.0.0.1:${port}`;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
