/** The service of a rule, as cloudflared takes it: scheme, host and port, such as `http://app.tunnel:80`. */

/** Where a rule leads. */
export interface ServiceUrl {
  /** `http` */
  readonly scheme: string;
  /** A name or an address, in the letters of the rule, without the brackets of IPv6 and without a closing dot: Docker passes over that one. */
  readonly host: string;
  /** Undefined where the scheme's own is meant. */
  readonly port: number | undefined;
}

/** Scheme, what comes before the host (credentials, which another writer may have put there), host, and the rest with the port. */
const PARTS = /^([a-z]+):\/\/((?:[^@/]*@)?)(\[[^\]]+\]|[^:/]+)((?::\d+)?.*)$/;

/** Undefined for a service that leads to no host, such as `http_status:503`. */
export function parseService(service: string): ServiceUrl | undefined {
  const [, scheme, , host, rest = ""] = PARTS.exec(service) ?? [];
  if (scheme === undefined || host === undefined) return undefined;
  const port = /^:(\d+)/.exec(rest)?.[1];
  return { scheme, host: host.replace(/^\[|\]$/g, "").replace(/\.$/, ""), port: port === undefined ? undefined : Number(port) };
}

/** The host that the service leads to; an empty text where it leads to none. */
export const serviceHost = (service: string): string => parseService(service)?.host ?? "";

/** The same service on another host, which is written as in a URL: an IPv6 address has its brackets. */
export const withHost = (service: string, host: string): string =>
  service.replace(
    PARTS,
    (_, scheme: string, credentials: string, _host: string, rest: string) => `${scheme}://${credentials}${host}${rest}`,
  );
