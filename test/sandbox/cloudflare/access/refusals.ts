import { Refusal } from "../envelope.ts";

/** Access uses this code for nearly every mistake; only the message differs. */
export function invalidRequest(message: string): Refusal {
  return new Refusal(400, 12130, `access.api.error.invalid_request: ${message}`);
}

export function notFound(what: string): Refusal {
  return new Refusal(404, 11021, `access.api.error.not_found: ${what} not found`);
}

/** Observed with other Access objects in conflict (2026-11); for tags and policies it is a guess. */
export function conflict(message: string): Refusal {
  return new Refusal(409, 12132, `access.api.error.conflict: ${message}`);
}
