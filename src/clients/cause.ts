/**
 * The safe parts of a library's error. The error itself is never kept, because it holds the request
 * with its bearer token.
 */
export interface PlainCause {
  readonly name: string;
  /** The code of the innermost cause that has one, such as `ECONNREFUSED` or `UND_ERR_SOCKET`. */
  readonly code: string | undefined;
  readonly message: string;
}

/** @param hide - texts that must not be shown, such as the token */
export function safeCause(error: unknown, hide: readonly string[]): PlainCause {
  const chain = causesOf(error);
  const code = chain.map(codeOf).findLast((it) => it !== undefined);
  const deepest = chain.at(-1);
  return {
    name: deepest?.name ?? "Error",
    code,
    message: sanitise(deepest?.message ?? String(error), hide),
  };
}

/** The limit is needed because an error may be its own cause. */
const MAX_CAUSES = 5;

/** The error and its causes, outermost first. Libraries wrap the errors that cfauth throws. */
export function causesOf(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && chain.length < MAX_CAUSES; at = at.cause)
    chain.push(at);
  return chain;
}

const codeOf = (error: Error): string | undefined => {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
};

/**
 * Codes of errors that occur before anything is sent, so that a write has certainly not happened.
 */
const UNSENT = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ERR_PUBLIC_ADDRESS",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

export const wasNotSent = (cause: PlainCause): boolean => UNSENT.has(cause.code ?? "");

/**
 * Makes a vendor's text safe to show: one line, at most 300 characters, without the hidden texts.
 */
export function sanitise(text: string, hide: readonly string[]): string {
  const redacted = hide
    .filter((secret) => secret !== "")
    .reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
  return redacted.replaceAll(/\s+/g, " ").trim().slice(0, 300);
}
