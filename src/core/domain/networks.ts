/** Networks of the engine's own on which its DNS answers no container's name (Docker, Swarm, Podman). */
const NAMELESS: ReadonlySet<string> = new Set([
  "bridge",
  "podman",
  "host",
  "none",
  "ingress",
  "docker_gwbridge",
]);

/** Of these the ones on which a container has an address of its own that cloudflared can reach. */
const WITH_ADDRESSES: ReadonlySet<string> = new Set(["bridge", "podman"]);

/** Whether cloudflared can find a container on this network, when it looks for it in this way. */
export const isFoundOn = (network: string, target: "name" | "id" | "ip"): boolean =>
  !NAMELESS.has(network) || (target === "ip" && WITH_ADDRESSES.has(network));
