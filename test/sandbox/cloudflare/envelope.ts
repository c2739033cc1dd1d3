import type { Answer, Request } from "../routes.ts";

/** Thrown by a route; becomes an answer in Cloudflare's format. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export function success(result: unknown, status = 200): Answer {
  return { status, body: { success: true, errors: [], messages: [], result } };
}

export function failure(status: number, code: number, message: string): Answer {
  return {
    status,
    body: { success: false, errors: [{ code, message }], messages: [], result: null },
  };
}

export interface Paging {
  /** The default page length. */
  readonly usual: number;
  readonly most: number;
}

/**
 * One page of a list. A page past the end is empty, not an error. A page length above `most` is reduced to it, so a
 * client that treats a short page as the last one loses the rest.
 */
export function paged(
  { call }: Request,
  items: readonly unknown[],
  { usual, most }: Paging,
): Answer {
  const page = atLeastOne(call.query.get("page"), 1);
  const perPage = Math.min(atLeastOne(call.query.get("per_page"), usual), most);
  const result = items.slice((page - 1) * perPage, page * perPage);
  const result_info = {
    page,
    per_page: perPage,
    count: result.length,
    total_count: items.length,
    total_pages: Math.ceil(items.length / perPage),
  };
  return { status: 200, body: { success: true, errors: [], messages: [], result, result_info } };
}

function atLeastOne(text: string | null, otherwise: number): number {
  const number = Number(text ?? otherwise);
  return Number.isInteger(number) && number >= 1 ? number : otherwise;
}
