/**
 * The service of an ingress rule in cloudflared's form: scheme, host and port, such as
 * `http://app.tunnel:80`.
 */

/** The parts of a service that has a host. */
export interface ServiceUrl {
  /** `http` */
  readonly scheme: string;
  /**
   * A name or an address as written in the rule, without IPv6 brackets and without a trailing dot,
   * which Docker ignores.
   */
  readonly host: string;
  /** Undefined if the rule has none; then the scheme's default port applies. */
  readonly port: number | undefined;
}

/** Scheme, credentials (another writer may have added them), host, and the rest with the port. */
const PARTS = /^([a-z]+):\/\/((?:[^@/]*@)?)(\[[^\]]+\]|[^:/]+)((?::\d+)?.*)$/;

/** Undefined if the service has no host, such as `http_status:503`. */
export function parseService(service: string): ServiceUrl | undefined {
  const [, scheme, , host, rest = ""] = PARTS.exec(service) ?? [];
  if (scheme === undefined || host === undefined) return undefined;
  const port = /^:(\d+)/.exec(rest)?.[1];
  return {
    scheme,
    host: host.replace(/^\[|\]$/g, "").replace(/\.$/, ""),
    port: port === undefined ? undefined : Number(port),
  };
}

/** The host of the service; an empty string if it has none. */
export const serviceHost = (service: string): string => parseService(service)?.host ?? "";

/** The same service with another host. @param host - in URL form: an IPv6 address has brackets */
export const withHost = (service: string, host: string): string =>
  service.replace(
    PARTS,
    (_, scheme: string, credentials: string, _host: string, rest: string) =>
      `${scheme}://${credentials}${host}${rest}`,
  );
