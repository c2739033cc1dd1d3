import { re2 } from "../../edge/connector/re2.ts";
import { type Fields, isFields, isText } from "../fields.ts";
import { originRequestFault } from "./origin-request.ts";

/**
 * What is wrong with a tunnel's configuration document, or `undefined`. The rules are those of cloudflared 2026.1.2,
 * measured: it accepts unknown keys, duplicate hostnames, underscores and odd ports, and one bad value refuses the whole document.
 */
export function documentFault(config: unknown): string | undefined {
  if (!isFields(config)) return "config is required";
  const { ingress, originRequest, "warp-routing": warpRouting } = config;
  if (!Array.isArray(ingress) || ingress.length === 0)
    return "The last ingress rule must match all URLs";
  if (warpRouting !== undefined && warpRouting !== null && !isFields(warpRouting))
    return "warp-routing must be an object";
  const faults = ingress.map((rule, index) =>
    ruleFault(rule, index === ingress.length - 1, index + 1),
  );
  return originRequestFault(originRequest) ?? faults.find((fault) => fault !== undefined);
}

function ruleFault(rule: unknown, last: boolean, number: number): string | undefined {
  if (!isFields(rule)) return `Rule #${number} is not an object`;
  const fault =
    matchFault(rule, last) ?? serviceFault(rule.service) ?? originRequestFault(rule.originRequest);
  return fault === undefined ? undefined : `Rule #${number}: ${fault}`;
}

function matchFault(rule: Fields, last: boolean): string | undefined {
  const hostname = rule.hostname ?? "";
  const path = rule.path ?? "";
  if (typeof hostname !== "string" || typeof path !== "string")
    return "hostname and path must be strings";
  if (/:\d*$/.test(hostname)) return "Hostname cannot contain a port";
  if (hostname.lastIndexOf("*") > 0)
    return "Hostname patterns can have at most one wildcard character, at the start";
  const catchAll = (hostname === "" || hostname === "*") && path === "";
  if (last && !catchAll)
    return "The last ingress rule must match all URLs (i.e. it should not have a hostname or path filter)";
  if (!last && catchAll) return "Only the last ingress rule may match all URLs";
  return path !== "" && !compilesAsRe2(path) ? "path is not a valid regular expression" : undefined;
}

/** cloudflared uses Go's regular expressions and refuses syntax that only JavaScript has. */
function compilesAsRe2(pattern: string): boolean {
  try {
    re2(pattern);
    return true;
  } catch {
    return false;
  }
}

const SERVICES_WITHOUT_ADDRESS = ["hello_world", "hello-world", "bastion", "socks-proxy"];

function serviceFault(service: unknown): string | undefined {
  if (!isText(service)) return "service is required";
  if (/^unix(\+tls)?:./.test(service) || SERVICES_WITHOUT_ADDRESS.includes(service))
    return undefined;
  const status = /^http_status:(.*)$/.exec(service);
  if (status)
    return /^[1-9]\d\d$/.test(status[1] ?? "") ? undefined : `${service} is not a status code`;
  const address =
    /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(?<host>\[[^\]]+\]|[^/?#:]+)(?::\d*)?(?<rest>.*)$/i.exec(
      service,
    );
  if (!address)
    return `${service} is an invalid address, please make sure it has a scheme and a hostname`;
  if (address.groups?.rest?.startsWith("/"))
    return `${service} is an invalid address, ingress rules don't support proxying to a different path`;
  return undefined;
}
