import { redactPersonalData } from "../core/text/redact.ts";

/** What of an error may stand in a line. */
export interface PlainError {
  readonly name?: string;
  readonly code?: string | number;
  readonly message?: string;
  readonly fix?: string;
  readonly status?: number;
  readonly vendor?: readonly string[];
  readonly cause?: PlainError;
}

/** Causes deeper than this are left out: an error may be its own cause. */
const DEEPEST = 5;

/**
 * Picks out of an error what may be printed. A list of what is allowed, since what is not cannot be foreseen: the errors of
 * HTTP libraries carry the request with its bearer token in fields that change from version to version.
 */
export function plainError(error: unknown): PlainError {
  return plain(error, 0);
}

function plain(error: unknown, depth: number): PlainError {
  if (typeof error === "string") return { message: error };
  if (typeof error !== "object" || error === null)
    return { message: "something that is not an error was thrown" };
  const { name, code, message, fix, status, vendor, cause } = error as Readonly<
    Record<string, unknown>
  >;
  return {
    ...(typeof name === "string" && { name }),
    ...((typeof code === "string" || typeof code === "number") && { code }),
    ...(typeof message === "string" && { message: redactPersonalData(message) }),
    ...(typeof fix === "string" && { fix: redactPersonalData(fix) }),
    ...(typeof status === "number" && { status }),
    ...(Array.isArray(vendor) &&
      vendor.length > 0 && { vendor: vendor.filter((it) => typeof it === "string") }),
    ...(cause !== undefined &&
      cause !== null &&
      depth < DEEPEST && { cause: plain(cause, depth + 1) }),
  };
}
