/** The origin of a rule. */

export type Service =
  | {
      readonly kind: "http";
      readonly protocol: "http:" | "https:";
      readonly host: string;
      readonly port: number;
    }
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "hello" }
  /** Valid for cloudflared, but not simulated: tcp, ssh, unix sockets and others. */
  | { readonly kind: "foreign"; readonly service: string };

/** @returns undefined for what cloudflared refuses: no scheme, no host, or any path, even a trailing `/` */
export function serviceOf(service: string): Service | undefined {
  const status = /^http_status:(\d+)$/.exec(service);
  if (status)
    return Number(status[1]) >= 100 && Number(status[1]) <= 999
      ? { kind: "status", status: Number(status[1]) }
      : undefined;
  if (service === "hello_world" || service === "hello-world") return { kind: "hello" };
  if (/^(unix|unix\+tls):/.test(service) || service === "bastion" || service === "socks-proxy")
    return { kind: "foreign", service };
  const url = /^([a-z][a-z0-9+.-]*):\/\/(\[[0-9a-f:.]+\]|[^/:?#[\]]+)(?::(\d+))?$/i.exec(service);
  if (!url) return undefined;
  const [, scheme = "", host = "", port] = url;
  const secure = /^(https|wss)$/i.test(scheme);
  if (!secure && !/^(http|ws)$/i.test(scheme)) return { kind: "foreign", service };
  return {
    kind: "http",
    protocol: secure ? "https:" : "http:",
    host: host.replace(/^\[|\]$/g, ""),
    port: Number(port ?? (secure ? 443 : 80)),
  };
}
