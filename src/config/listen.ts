import { invalid, ok, type ParseResult } from "../core/text/parse-result.ts";

/** Where the pages are served. */
export interface ListenAddress {
  /** IPv6 without brackets; `::` is every address, IPv4 as well. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/** Reads `0.0.0.0:8080`, `[::]:8080`, `:8080`, `127.0.0.1:0`. */
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

/** How a process of the same container reaches what listens there, without a closing slash. */
export function listenUrl({ host, port }: ListenAddress): string {
  const reachable =
    host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `http://${reachable}:${port}`;
}
