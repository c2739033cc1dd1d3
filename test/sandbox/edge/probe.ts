/** Sends one request with exactly this target: no redirects, no cookies. */

import http, { type IncomingHttpHeaders } from "node:http";
import { text } from "node:stream/consumers";

export interface ProbeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface ProbeOptions {
  readonly method?: string;
  /** `name=value; name=value` */
  readonly cookie?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** @param path - the request target, sent unchanged: `/a/../b` stays as it is */
export async function probe(
  port: number,
  host: string,
  path = "/",
  options: ProbeOptions = {},
): Promise<ProbeAnswer> {
  const request = http.request({
    host: "127.0.0.1",
    port,
    method: options.method ?? "GET",
    path,
    headers: {
      host: host.includes(":") ? host : `${host}:${port}`,
      ...(options.cookie !== undefined && { cookie: options.cookie }),
      ...(options.body !== undefined && { "content-length": Buffer.byteLength(options.body) }),
      ...options.headers,
    },
    agent: false,
  });
  const response = new Promise<http.IncomingMessage>((resolve, reject) =>
    request.on("response", resolve).on("error", reject),
  );
  request.end(options.body);
  const answered = await response;
  return {
    status: answered.statusCode ?? 0,
    headers: answered.headers,
    body: await text(answered),
  };
}
