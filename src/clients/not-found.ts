import { ServiceError } from "../core/errors.ts";

/** Whether the service itself says that the thing is not there: a 404 of something on the way says nothing. */
export const isNotFound = (error: unknown): boolean =>
  error instanceof ServiceError &&
  error.status === 404 &&
  (error.code === "CFA-CF-REFUSED" || error.code === "CFA-AK-REFUSED");
