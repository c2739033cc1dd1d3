import { BlockList, isIP, type LookupFunction } from "node:net";
import { networkInterfaces } from "node:os";
import type { AddressBook } from "../clients/authentik/destination.ts";
import { authentikLookup, type LookupParts } from "../clients/authentik/lookup.ts";
import { resolveAll } from "../clients/private-lookup.ts";
import type { Config } from "../config/config.ts";
import {
  type AuthentikReference,
  findAuthentik,
  isAuthentik,
} from "../core/domain/authentik-container.ts";
import type { Party } from "../core/domain/party.ts";
import { hasPrivateEnding } from "../core/domain/private-host.ts";
import { findSelf } from "../core/domain/self.ts";
import type { Workload } from "../core/domain/workload.ts";
import type { Listing } from "./listing.ts";

/**
 * A list this old still shows which container has an address: a pass lists containers right before
 * it calls Authentik. Milliseconds.
 */
const MAX_LIST_AGE_MS = 2_000;

type AuthentikSettings = Pick<Config["authentik"], "apiUrl" | "container">;

export interface LookupContext {
  readonly listing: Listing;
  /** The name of this machine; in a container its short id. */
  readonly machine: string;
  /** The party of Authentik's container when a pass last found it. */
  readonly knownParty?: () => Party | undefined;
}

/**
 * Creates the DNS lookup that finds Authentik's address in the container list. Undefined if the
 * system's lookup is safe: for an address literal, this machine, or an https name on the internet,
 * where the certificate proves who answers.
 */
export function createAuthentikLookup(
  authentik: AuthentikSettings,
  context: LookupContext,
): LookupFunction | undefined {
  const parts = lookupParts(authentik, context);
  return parts === undefined ? undefined : authentikLookup(parts);
}

export function lookupParts(
  { apiUrl, container }: AuthentikSettings,
  context: LookupContext,
): LookupParts | undefined {
  const { protocol, hostname: host } = new URL(apiUrl);
  const plain = protocol === "http:";
  if (
    isIP(host.replace(/^\[|\]$/g, "")) !== 0 ||
    host === "localhost" ||
    (!plain && host.includes("."))
  )
    return undefined;
  const isDockerName = !hasPrivateEnding(host);
  // Any project may have a container `auth` on a network `lan`, so a name such as `auth.lan` does
  // not prove that it is Authentik.
  const byHost: AuthentikReference = isDockerName ? { kind: "host", host } : { kind: "none" };
  const reference: AuthentikReference =
    container === undefined ? byHost : { kind: "setting", name: container };
  // `authentik-server.authentik-api` means only that network, even if the container, or a later one
  // of that name, is on others.
  const isAllowedNetwork = (network: string): boolean =>
    !isDockerName || !host.includes(".") || host.endsWith(`.${network.toLowerCase()}`);
  return {
    host,
    plain,
    isDockerName,
    isNear,
    resolve: resolveAll,
    book: async (fresh) =>
      buildAddressBook(
        await context.listing.recent(fresh ? 0 : MAX_LIST_AGE_MS),
        reference,
        context,
        isAllowedNetwork,
      ),
  };
}

/** @param isAllowedNetwork - true if the token may reach the container through this network */
function buildAddressBook(
  workloads: readonly Workload[],
  reference: AuthentikReference,
  { machine, knownParty }: LookupContext,
  isAllowedNetwork: (network: string) => boolean,
): AddressBook {
  const evidence = { ownParty: findSelf(workloads, machine)?.party, knownParty: knownParty?.() };
  const container = findAuthentik(workloads, reference, evidence);
  const own = workloads.filter((it) => isAuthentik(container, it));
  const endpoints = workloads.flatMap((workload) =>
    Object.entries(workload.networks).flatMap(([network, { ip }]) =>
      ip === undefined ? [] : [{ workload, network, ip }],
    ),
  );
  const isOwn = ({ workload, network }: (typeof endpoints)[number]): boolean =>
    own.includes(workload) && isAllowedNetwork(network);
  return {
    own: endpoints.filter(isOwn).map(({ ip }) => ip),
    name: own[0]?.name,
    others: new Map(
      endpoints.filter((it) => !isOwn(it)).map(({ ip, workload }) => [ip, workload.name]),
    ),
  };
}

/** True if the address is on a network that this machine, or cfauth's own container, is on now. */
function isNear(address: string): boolean {
  const subnets = new BlockList();
  for (const { cidr, family } of Object.values(networkInterfaces()).flatMap((each) => each ?? [])) {
    const [net = "", bits = ""] = (cidr ?? "").split("/");
    if (bits !== "") subnets.addSubnet(net, Number(bits), family === "IPv6" ? "ipv6" : "ipv4");
  }
  return subnets.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
