import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { jsonDocument } from "../core/text/json-text.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** Beside those that every answer has. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Nothing foreign, nothing inline, framed by nobody. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

export const json = (
  status: number,
  body: object,
  headers: HttpAnswer["headers"] = {},
): HttpAnswer => ({
  status,
  type: "application/json; charset=utf-8",
  body: jsonDocument(body),
  headers,
});

/** Sends it, unless the asker has it already: then only that nothing is new. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body, headers }: HttpAnswer,
): void {
  const etag = `W/"${etagOf(body)}"`;
  const same = status === 200 && known(request.headers["if-none-match"], etag);
  response.writeHead(same ? 304 : status, { ...HEADERS, ...headers, "content-type": type, etag });
  response.end(same || request.method === "HEAD" ? undefined : body);
}

export const etagOf = (text: string): string =>
  createHash("sha256").update(text).digest("base64url").slice(0, 16);

/** A proxy may have made a strong tag of it, or of several one list. */
const known = (tags: string | undefined, etag: string): boolean =>
  tags?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag.slice(2)) ?? false;
