import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { jsonDocument } from "../core/text/json-text.ts";

export interface HttpAnswer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  /** In addition to the headers of every response. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Allows nothing from other origins, nothing inline, and no framing. */
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

/** Sends the response, or 304 if the client already has it. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, type, body, headers }: HttpAnswer,
): void {
  const etag = `W/"${etagOf(body)}"`;
  const same = status === 200 && matchesEtag(request.headers["if-none-match"], etag);
  response.writeHead(same ? 304 : status, { ...HEADERS, ...headers, "content-type": type, etag });
  response.end(same || request.method === "HEAD" ? undefined : body);
}

export const etagOf = (text: string): string =>
  createHash("sha256").update(text).digest("base64url").slice(0, 16);

/** A proxy may have turned the tag into a strong one, or joined several tags into one list. */
const matchesEtag = (tags: string | undefined, etag: string): boolean =>
  tags?.split(",").some((tag) => tag.trim().replace(/^W\//, "") === etag.slice(2)) ?? false;
