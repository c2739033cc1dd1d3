/**
 * The engine's own networks, on which its DNS answers no container name (Docker, Swarm, Podman).
 */
const NAMELESS: ReadonlySet<string> = new Set([
  "bridge",
  "podman",
  "host",
  "none",
  "ingress",
  "docker_gwbridge",
]);

/** Those of them on which a container has its own address that cloudflared can reach. */
const WITH_ADDRESSES: ReadonlySet<string> = new Set(["bridge", "podman"]);

/** True if cloudflared can find a container on this network with this CFAUTH_TARGET. */
export const isFoundOn = (network: string, target: "name" | "id" | "ip"): boolean =>
  !NAMELESS.has(network) || (target === "ip" && WITH_ADDRESSES.has(network));
