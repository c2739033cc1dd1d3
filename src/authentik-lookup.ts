import { BlockList, isIP, type LookupFunction } from "node:net";
import { networkInterfaces } from "node:os";
import type { AddressBook } from "./clients/authentik/destination.ts";
import { authentikLookup, type LookupParts } from "./clients/authentik/lookup.ts";
import { resolveAll } from "./clients/private-lookup.ts";
import type { Config } from "./config.ts";
import { hasPrivateEnding } from "./domain/private-host.ts";
import type { Workload } from "./domain/workload.ts";
import { authentikContainers } from "./labels/authentik-container.ts";
import type { Listing } from "./sources/listing.ts";

/** A list this old still tells who has an address: a pass lists containers right before it calls Authentik. Milliseconds. */
const MAX_LIST_AGE_MS = 2_000;

type Own = Pick<Config["authentik"], "apiUrl" | "container">;

/**
 * How cfauth finds Authentik's address; undefined where the system's own way will do: an address literal, this very machine, or a
 * name on the internet, where the certificate proves who answers.
 */
export function lookupFor(authentik: Own, listing: Listing): LookupFunction | undefined {
  const parts = lookupParts(authentik, listing);
  return parts === undefined ? undefined : authentikLookup(parts);
}

export function lookupParts({ apiUrl, container }: Own, listing: Listing): LookupParts | undefined {
  const { protocol, hostname: host } = new URL(apiUrl);
  const plain = protocol === "http:";
  if (isIP(host.replace(/^\[|\]$/g, "")) !== 0 || host === "localhost" || (!plain && host.includes("."))) return undefined;
  // Any project may call a network `lan` and a container on it `auth`: that makes it no Authentik.
  const name = container ?? (hasPrivateEnding(host) ? undefined : host);
  return {
    host,
    plain,
    dockers: !hasPrivateEnding(host),
    isNear: nearby(),
    resolve: resolveAll,
    book: async (anew) => bookOf(await listing.recent(anew ? 0 : MAX_LIST_AGE_MS), name),
  };
}

/** @param name - of Authentik's container; undefined where nothing says which it is */
function bookOf(workloads: readonly Workload[], name: string | undefined): AddressBook {
  const own = name === undefined ? [] : authentikContainers(workloads, name);
  const others = workloads.filter((it) => !own.includes(it));
  return {
    own: own.flatMap(addressesOf),
    name: own[0]?.name,
    others: new Map(others.flatMap((it) => addressesOf(it).map((address) => [address, it.name] as const))),
  };
}

const addressesOf = ({ networks }: Workload): readonly string[] => Object.values(networks).flatMap(({ ip }) => ip ?? []);

/** Whether an address is on a network that this machine, or the container that cfauth runs in, is itself on. */
function nearby(): (address: string) => boolean {
  const subnets = new BlockList();
  for (const { cidr, family } of Object.values(networkInterfaces()).flatMap((each) => each ?? [])) {
    const [net = "", bits = ""] = (cidr ?? "").split("/");
    if (bits !== "") subnets.addSubnet(net, Number(bits), family === "IPv6" ? "ipv6" : "ipv4");
  }
  return (address) => subnets.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
