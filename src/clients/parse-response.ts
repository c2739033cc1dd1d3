import type { z } from "zod";
import type { ServiceError } from "../core/errors.ts";

/** Faulty fields that a message names. */
const MAX_PLACES = 5;

/**
 * Reads what a vendor answered. Shapes name only the fields that are used, so that what else a version adds or drops does not matter.
 *
 * @param misunderstood - makes the error out of the names of the fields that are not as they should be, never their values
 */
export function parseResponse<T>(
  shape: z.ZodType<T>,
  value: unknown,
  misunderstood: (where: string) => ServiceError,
): T {
  const read = shape.safeParse(value);
  if (read.success) return read.data;
  const places = read.error.issues.map(({ path }) => path.join(".") || "the answer");
  const more = places.length > MAX_PLACES ? `, and ${places.length - MAX_PLACES} more` : "";
  throw misunderstood(`${places.slice(0, MAX_PLACES).join(", ")}${more}`);
}
