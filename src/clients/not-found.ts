import { ServiceError } from "../core/errors.ts";

/**
 * True if the service itself reports that the object does not exist. A 404 of a proxy on the way
 * proves nothing.
 */
export const isNotFound = (error: unknown): boolean =>
  error instanceof ServiceError &&
  error.status === 404 &&
  (error.code === "CFA-CF-REFUSED" || error.code === "CFA-AK-REFUSED");
