import type { Answer } from "../../routes.ts";

/** Thrown by a route; becomes an answer like Django REST framework's. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(status: number, body: unknown) {
    super(JSON.stringify(body));
    this.answer = { status, body };
  }
}

/** The body names the fields: `{"slug": ["…"]}`. */
export function invalid(errors: Readonly<Record<string, unknown>>): Refusal {
  return new Refusal(400, errors);
}

export function missing(model: string): Refusal {
  return new Refusal(404, { detail: `No ${model} matches the given query.` });
}
