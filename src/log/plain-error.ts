import { redactPersonalData } from "../core/text/redact.ts";

/** The parts of an error that may appear in a log line. */
export interface PlainError {
  readonly name?: string;
  readonly code?: string | number;
  readonly message?: string;
  readonly fix?: string;
  readonly status?: number;
  readonly vendor?: readonly string[];
  readonly cause?: PlainError;
}

/** Deeper causes are left out, because an error may be its own cause. */
const MAX_DEPTH = 5;

/**
 * Picks the printable parts of an error. It is an allow-list because forbidden fields cannot be
 * foreseen: errors of HTTP libraries contain the request with its bearer token, in fields that
 * change from version to version.
 */
export function plainError(error: unknown): PlainError {
  return toPlain(error, 0);
}

function toPlain(error: unknown, depth: number): PlainError {
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
      depth < MAX_DEPTH && { cause: toPlain(cause, depth + 1) }),
  };
}
