import type { z } from "zod";
import type { ServiceError } from "../core/errors.ts";

/** The number of invalid fields that a message names. */
const MAX_PLACES = 5;

/**
 * Validates a vendor's response. Shapes name only the fields that are used, so other fields may
 * come and go between versions.
 *
 * @param toError - creates the error from the names of the invalid fields, never their values
 */
export function parseResponse<T>(
  shape: z.ZodType<T>,
  value: unknown,
  toError: (where: string) => ServiceError,
): T {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  const places = read.error.issues.map(({ path }) => path.join(".") || "the answer");
  const more = places.length > MAX_PLACES ? `, and ${places.length - MAX_PLACES} more` : "";
  throw toError(`${places.slice(0, MAX_PLACES).join(", ")}${more}`);
}
