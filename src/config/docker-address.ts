/** Where the engine, or the socket proxy before it, is. */
export type DockerAddress =
  | { readonly kind: "socket"; readonly path: string }
  | {
      readonly kind: "tcp";
      /** IPv6 without brackets. */
      readonly host: string;
      readonly port: number;
      /** Always verified; certificates as PEM, those of the system where they are absent. */
      readonly tls:
        | { readonly ca?: string; readonly cert?: string; readonly key?: string }
        | undefined;
    };

/** For people, as it would stand in DOCKER_HOST. */
export function formatDockerAddress(address: DockerAddress): string {
  if (address.kind === "socket") return `unix://${address.path}`;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `tcp://${host}:${address.port}`;
}
