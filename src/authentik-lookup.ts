import { BlockList, isIP, type LookupFunction } from "node:net";
import { networkInterfaces } from "node:os";
import type { AddressBook } from "./clients/authentik/destination.ts";
import { authentikLookup, type LookupParts } from "./clients/authentik/lookup.ts";
import { resolveAll } from "./clients/private-lookup.ts";
import type { Config } from "./config/config.ts";
import {
  type AuthentikReference,
  findAuthentik,
  isAuthentik,
} from "./core/domain/authentik-container.ts";
import type { Party } from "./core/domain/party.ts";
import { hasPrivateEnding } from "./core/domain/private-host.ts";
import { findSelf } from "./core/domain/self.ts";
import type { Workload } from "./core/domain/workload.ts";
import type { Listing } from "./sources/listing.ts";

/** A list this old still tells who has an address: a pass lists containers right before it calls Authentik. Milliseconds. */
const MAX_LIST_AGE_MS = 2_000;

type Own = Pick<Config["authentik"], "apiUrl" | "container">;

export interface LookupContext {
  readonly listing: Listing;
  /** What this machine is called; in a container its short id. */
  readonly machine: string;
  /** The party that Authentik's container had when a pass last found it. */
  readonly knownParty?: () => Party | undefined;
}

/**
 * How cfauth finds Authentik's address; undefined where the system's own way will do: an address literal, this very machine, or a
 * name on the internet, where the certificate proves who answers.
 */
export function createAuthentikLookup(
  authentik: Own,
  context: LookupContext,
): LookupFunction | undefined {
  const parts = lookupParts(authentik, context);
  return parts === undefined ? undefined : authentikLookup(parts);
}

export function lookupParts(
  { apiUrl, container }: Own,
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
  const isDockers = !hasPrivateEnding(host);
  // Any project may call a network `lan` and a container on it `auth`: that makes it no Authentik.
  const byHost: AuthentikReference = isDockers ? { kind: "host", host } : { kind: "none" };
  const reference: AuthentikReference =
    container === undefined ? byHost : { kind: "setting", name: container };
  // `authentik-server.authentik-api` means that network alone, whatever others the container, or a later one of its name, is on.
  const isMeant = (network: string): boolean =>
    !isDockers || !host.includes(".") || host.endsWith(`.${network.toLowerCase()}`);
  return {
    host,
    plain,
    dockers: isDockers,
    isNear,
    resolve: resolveAll,
    book: async (fresh) =>
      bookOf(
        await context.listing.recent(fresh ? 0 : MAX_LIST_AGE_MS),
        reference,
        context,
        isMeant,
      ),
  };
}

/** @param isMeant - whether that container is to be reached through this network */
function bookOf(
  workloads: readonly Workload[],
  reference: AuthentikReference,
  { machine, knownParty }: LookupContext,
  isMeant: (network: string) => boolean,
): AddressBook {
  const evidence = { ownParty: findSelf(workloads, machine)?.party, knownParty: knownParty?.() };
  const container = findAuthentik(workloads, reference, evidence);
  const own = workloads.filter((it) => isAuthentik(container, it));
  const places = workloads.flatMap((workload) =>
    Object.entries(workload.networks).flatMap(([network, { ip }]) =>
      ip === undefined ? [] : [{ workload, network, ip }],
    ),
  );
  const isOwn = ({ workload, network }: (typeof places)[number]): boolean =>
    own.includes(workload) && isMeant(network);
  return {
    own: places.filter(isOwn).map(({ ip }) => ip),
    name: own[0]?.name,
    others: new Map(
      places.filter((it) => !isOwn(it)).map(({ ip, workload }) => [ip, workload.name]),
    ),
  };
}

/** Whether an address is on a network that this machine, or the container that cfauth runs in, is itself on now. */
function isNear(address: string): boolean {
  const subnets = new BlockList();
  for (const { cidr, family } of Object.values(networkInterfaces()).flatMap((each) => each ?? [])) {
    const [net = "", bits = ""] = (cidr ?? "").split("/");
    if (bits !== "") subnets.addSubnet(net, Number(bits), family === "IPv6" ? "ipv6" : "ipv4");
  }
  return subnets.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
