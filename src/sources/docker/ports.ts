import type { Port } from "../../core/domain/workload.ts";
import type { ListedContainer } from "./container.ts";

type ListedPort = NonNullable<ListedContainer["Ports"]>[number];

/**
 * Returns exposed and published ports, each one once and in a fixed order. Docker lists a port that
 * is published on all addresses twice, for IPv4 and IPv6; the second entry adds nothing.
 */
export function portsOf(listed: readonly ListedPort[]): readonly Port[] {
  const places = new Map(
    listed
      .flatMap(portOf)
      .toSorted(comparePorts)
      .map((port) => [placeOf(port), port]),
  );
  return [...places.values()].toSorted(comparePorts);
}

const PROTOCOLS = ["tcp", "udp", "sctp"] as const;

function portOf({ IP, PrivatePort, PublicPort, Type }: ListedPort): readonly Port[] {
  const protocol = PROTOCOLS.find((it) => it === Type);
  if (protocol === undefined) return [];
  return [
    {
      number: PrivatePort,
      protocol,
      published:
        PublicPort === undefined || PublicPort === 0
          ? undefined
          : { ip: IP ?? "", port: PublicPort },
    },
  ];
}

/** Treats the IPv6 forms of "all addresses" and of localhost like the IPv4 ones. */
function placeOf({ number, protocol, published }: Port): string {
  const ip = published?.ip ?? "";
  const plain = { "::": "0.0.0.0", "": "0.0.0.0", "::1": "127.0.0.1" }[ip] ?? ip;
  return [number, protocol, published === undefined ? "" : `${plain} ${published.port}`].join(" ");
}

/** Sorts IPv6 before IPv4, so that the IPv4 entry of a duplicate comes last and wins. */
function comparePorts(a: Port, b: Port): number {
  const isIPv4 = (port: Port) => (port.published?.ip.includes(":") ? 0 : 1);
  return (
    a.number - b.number ||
    PROTOCOLS.indexOf(a.protocol) - PROTOCOLS.indexOf(b.protocol) ||
    (a.published?.port ?? 0) - (b.published?.port ?? 0) ||
    isIPv4(a) - isIPv4(b) ||
    ((a.published?.ip ?? "") < (b.published?.ip ?? "") ? -1 : 1)
  );
}
