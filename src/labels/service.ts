import { SCHEMES } from "../domain/origin.ts";
import { faulty } from "../domain/parsed.ts";
import type { Context } from "./context.ts";
import type { Label, Labels } from "./family.ts";
import { clip, type Fault, valueFault } from "./fault.ts";
import { excludingOwn, type LabelSet } from "./label-set.ts";
import { parsePort } from "./values.ts";

/** cloudflared's services that are not a URL with a host; they lead away from the container by nature. */
const WITHOUT_HOST = /^(unix(\+tls)?:\/[\x21-\x7e]{1,106}|http_status:[1-9]\d\d|hello_world|bastion|socks-proxy)$/;

/** What is wrong with a whole origin URL; undefined when it can be taken as it is. */
export function serviceFault(labelSet: LabelSet, label: Label, labels: Labels, context: Context): Fault | undefined {
  const other = labels.get("port") ?? labels.get("scheme");
  if (other !== undefined)
    return {
      code: "CFA-LABEL-CLASH",
      label: label.name,
      message: `${label.name} and ${other.name} both say where the container listens`,
      fix: `remove ${other.name}`,
    };
  if (WITHOUT_HOST.test(label.text)) return context.allowService ? undefined : forbidden(label);
  const open = label.text.replace(/^([a-z]+:\/\/)[^/]*@/, "$1");
  if (open !== label.text) return valueFault(label, faulty("has a user name or password, which is no part of an origin", `write ${open}`));
  const url = /^([a-z]+):\/\/([A-Za-z0-9._-]+|\[[0-9a-f:]+\])(:\d{1,5})?(.*)$/.exec(label.text);
  const [, scheme = "", host = "", port = "", rest = ""] = url ?? [];
  if (url === null || !(SCHEMES as readonly string[]).includes(scheme))
    return valueFault(label, faulty("is not an origin that cloudflared takes", `write it like http://${labelSet.name}:8080`));
  if (rest !== "") return valueFault(label, faulty("has a path, which cloudflared refuses", `write ${scheme}://${host}${port}`));
  if (port !== "" && !parsePort(port.slice(1)).ok)
    return valueFault(label, faulty("has a port that is not from 1 to 65535", `write it like ${scheme}://${host}:8080`));
  return context.allowService || itself(labelSet, host, context) || publishes(labelSet, host, port.slice(1), context)
    ? undefined
    : forbidden(label);
}

/** Whether the host is the container, and nobody but the container, on its own networks and on those that cloudflared is on. */
function itself(labelSet: LabelSet, host: string, context: Context): boolean {
  return labelSet.members.some((member) => {
    if (Object.values(member.networks).some(({ ip }) => ip === host)) return true;
    const answering = [...Object.keys(member.networks), ...context.networks, ...context.named].flatMap((network) => [
      ...context.neighbours.answering(network, host),
    ]);
    return answering.length > 0 && excludingOwn(labelSet, answering).length === 0;
  });
}

/** Where cloudflared runs on the host: whether this is an address at which the engine publishes a port of the container, and of no other. */
function publishes(labelSet: LabelSet, host: string, port: string, { target, neighbours }: Context): boolean {
  if (target !== "published") return false;
  const publishing = neighbours.publishing(host.replace(/^\[|\]$/g, ""), Number(port));
  return publishing.size > 0 && excludingOwn(labelSet, publishing).length === 0;
}

const forbidden = (label: Label): Fault => ({
  code: "CFA-SERVICE-FORBIDDEN",
  label: label.name,
  message: `${label.name}="${clip(label.text)}" points away from its own container`,
  fix: "use the label port instead, or set CFAUTH_ALLOW_SERVICE=true on cfauth",
});
