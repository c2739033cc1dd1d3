import { isReplicaName } from "../domain/compose.ts";
import { SCHEMES } from "../domain/origin.ts";
import { shortId } from "../domain/origin-host.ts";
import { invalid } from "../text/parse-result.ts";
import type { LabelContext } from "./context.ts";
import { clip, type LabelFault, valueFault } from "./fault.ts";
import type { Label, Labels } from "./grouping.ts";
import { excludingOwn, type LabelSet } from "./label-set.ts";
import { hostOf, publishedAt, publishedBy } from "./place.ts";
import type { Reach } from "./reach.ts";
import { parsePort } from "./values.ts";

/** cloudflared's services without a host. They always lead away from the container. */
const HOSTLESS_SERVICE =
  /^(unix(\+tls)?:\/[\x21-\x7e]{1,106}|http_status:[1-9]\d\d|hello_world|bastion|socks-proxy)$/;

/** The port of a URL without an explicit one. */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { http: 80, https: 443 };

interface Url {
  readonly scheme: string;
  /** In lower case, IPv6 without brackets. */
  readonly host: string;
  /** Including the colon, or empty. */
  readonly port: string;
}

export type LabelledService =
  /** `elsewhere`: as far as cfauth can tell, it does not lead to the container itself. */
  | { readonly service: string; readonly detour?: Reach["detour"]; readonly elsewhere?: true }
  | { readonly fault: LabelFault };

/**
 * The service for a whole origin URL. If the URL leads to the container itself, the rule gets a
 * host that leads to it alone, not the label's text. Any other URL is the operator's decision.
 */
export function serviceOfLabel(
  labelSet: LabelSet,
  label: Label,
  labels: Labels,
  prefix: string,
  context: LabelContext,
): LabelledService {
  const clash = clashFault(label, labels);
  if (clash !== undefined) return { fault: clash };
  const asWritten: LabelledService = context.allowService
    ? { service: label.text, elsewhere: true }
    : { fault: forbiddenFault(label) };
  if (HOSTLESS_SERVICE.test(label.text)) return asWritten;
  const url = parseUrl(label, labelSet.name);
  if ("fault" in url) return url;
  const own =
    context.target === "published"
      ? publishedService(labelSet, url, context)
      : networkService(labelSet, label, labels, url, prefix, context.target, context);
  return own === undefined || ("fault" in own && context.allowService) ? asWritten : own;
}

const clashFault = (label: Label, labels: Labels): LabelFault | undefined => {
  const other = labels.get("port") ?? labels.get("scheme");
  if (other === undefined) return undefined;
  return {
    code: "CFA-LABEL-CLASH",
    label: label.name,
    message: `${label.name} and ${other.name} both say where the container listens`,
    fix: `remove ${other.name}`,
  };
};

function parseUrl(label: Label, container: string): Url | { readonly fault: LabelFault } {
  const fault = (why: string, fix: string) => ({ fault: valueFault(label, invalid(why, fix)) });
  const stripped = label.text.replace(/^([a-z]+:\/\/)[^/]*@/, "$1");
  if (stripped !== label.text)
    return fault("has a user name or password, which an origin must not have", `write ${stripped}`);
  const url = /^([a-z]+):\/\/([A-Za-z0-9._-]+|\[[0-9a-f:]+\])(:\d{1,5})?(.*)$/.exec(label.text);
  const [, scheme = "", host = "", port = "", rest = ""] = url ?? [];
  if (url === null || !(SCHEMES as readonly string[]).includes(scheme))
    return fault(
      "is not an origin that cloudflared accepts",
      `write it like http://${container}:8080`,
    );
  if (rest !== "")
    return fault("has a path, which cloudflared refuses", `write ${scheme}://${host}${port}`);
  if (port !== "" && !parsePort(port.slice(1)).ok)
    return fault(
      "has a port that is not from 1 to 65535",
      `write it like ${scheme}://${host}:8080`,
    );
  return { scheme, host: host.replace(/^\[|\]$/g, "").toLowerCase(), port };
}

/** Undefined if the host is not the container's own. */
function networkService(
  labelSet: LabelSet,
  label: Label,
  labels: Labels,
  { scheme, host, port }: Url,
  prefix: string,
  target: "name" | "id" | "ip",
  context: LabelContext,
): LabelledService | undefined {
  if (!isItself(labelSet, host, context)) return undefined;
  const own = hostOf(labelSet, labels, prefix, target, context);
  if ("fault" in own)
    return labels.has("network") ? own : { fault: { ...own.fault, label: label.name } };
  return { service: `${scheme}://${own.host}${port}`, detour: own.detour };
}

/**
 * True if the host is a name or an address that the engine gives the container. The name of its
 * Compose service counts only if the container's own name confirms it and no other container
 * answers to it: a label alone proves nothing.
 */
function isItself(
  labelSet: LabelSet,
  host: string,
  { networks, named, nameIndex }: LabelContext,
): boolean {
  const tunnelNetworks = [...new Set([...networks, ...named])];
  return labelSet.members.some(({ id, name, service, networks: own }) => {
    const shared = tunnelNetworks.filter((network) => Object.hasOwn(own, network));
    if (shared.some((network) => own[network]?.ip === host)) return true;
    const isProvenReplica =
      service !== undefined && isReplicaName(name, service) && !service.name.includes(".");
    const formsOf = (it: string) =>
      [it, ...Object.keys(own).map((network) => `${it}.${network}`)].map((form) =>
        form.toLowerCase(),
      );
    if ([name, shortId(id)].flatMap(formsOf).includes(host)) return true;
    return (
      isProvenReplica &&
      formsOf(service.name).includes(host) &&
      excludingOwn(labelSet, nameIndex.mayAnswer(host, tunnelNetworks)).length === 0
    );
  });
}

/**
 * For a cloudflared on the host: an address and port at which the engine publishes a port of the
 * container and of no other.
 */
function publishedService(
  labelSet: LabelSet,
  { scheme, host, port }: Url,
  context: LabelContext,
): LabelledService | undefined {
  const number = port === "" ? DEFAULT_PORTS[scheme] : Number(port.slice(1));
  if (number === undefined) return undefined;
  const address = publishedAddress(labelSet, host, number, context);
  return address === undefined ? undefined : { service: `${scheme}://${address}` };
}

function publishedAddress(
  labelSet: LabelSet,
  host: string,
  port: number,
  context: LabelContext,
): string | undefined {
  const publishing = context.nameIndex.publishing(host, port);
  const isOwn = publishing.size > 0 && excludingOwn(labelSet, publishing).length === 0;
  if (isOwn)
    return labelSet.members.flatMap(
      (member) => publishedBy(member, (it) => it.published?.port === port) ?? [],
    )[0];
  return isItself(labelSet, host, context) ? publishedAt(labelSet, port, context) : undefined;
}

const forbiddenFault = (label: Label): LabelFault => ({
  code: "CFA-SERVICE-FORBIDDEN",
  label: label.name,
  message: `${label.name}="${clip(label.text)}" points away from its own container`,
  fix: "use the label port instead, or set CFAUTH_ALLOW_SERVICE=true on cfauth",
});
