import { IncomingMessage } from "node:http";
import { buffer } from "node:stream/consumers";

/** A request whose body has been read. */
export interface Arrived {
  readonly request: IncomingMessage;
  readonly url: URL;
  readonly body: Buffer;
}

export async function arrived(request: IncomingMessage): Promise<Arrived> {
  return {
    request,
    url: new URL(request.url ?? "/", "http://sandbox"),
    body: await buffer(request),
  };
}

export function form({ body }: Arrived): URLSearchParams {
  return new URLSearchParams(body.toString("utf8"));
}

/** A copy of the request, with its body, as if it had been sent to `origin`. */
export function replay(
  { request, url, body }: Arrived,
  origin: string,
  path = url.pathname,
): IncomingMessage {
  const { "x-forwarded-host": _, ...headers } = request.headers;
  const { protocol, host } = new URL(origin);
  const copy = new IncomingMessage(request.socket);
  copy.method = request.method ?? "GET";
  copy.url = path + url.search;
  copy.headers = { ...headers, host, "x-forwarded-proto": protocol.slice(0, -1) };
  copy.push(body);
  copy.push(null);
  // Otherwise the end of the copy would look like a broken connection and close the socket.
  copy.complete = true;
  return copy;
}
