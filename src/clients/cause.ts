/** What of a library's error is kept: never the thing itself, which holds the request with its bearer token. */
export interface PlainCause {
  readonly name: string;
  /** `ECONNREFUSED`, `UND_ERR_SOCKET`; of the innermost cause that has one. */
  readonly code: string | undefined;
  readonly message: string;
}

/** @param hide - texts that must not be seen, such as the token */
export function safeCause(error: unknown, hide: readonly string[]): PlainCause {
  const chain = causes(error);
  const code = chain.map(codeOf).findLast((it) => it !== undefined);
  const deepest = chain.at(-1);
  return {
    name: deepest?.name ?? "Error",
    code,
    message: sanitise(deepest?.message ?? String(error), hide),
  };
}

/** No deeper than this: a cause may be its own. */
const DEEPEST = 5;

function causes(error: unknown): readonly Error[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && chain.length < DEEPEST; at = at.cause) chain.push(at);
  return chain;
}

const codeOf = (error: Error): string | undefined => {
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? code : undefined;
};

/** Errors that happen before anything is sent: a write that met one has not happened. */
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

/** A vendor's text as it may be shown: one line, not endless, without what is to be hidden. */
export function sanitise(text: string, hide: readonly string[]): string {
  const shown = hide
    .filter((secret) => secret !== "")
    .reduce((rest, secret) => rest.replaceAll(secret, "…"), text);
  return shown.replaceAll(/\s+/g, " ").trim().slice(0, 300);
}
