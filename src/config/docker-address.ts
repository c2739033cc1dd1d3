/** The address of the engine, or of the socket proxy in front of it. */
export type DockerAddress =
  | { readonly kind: "socket"; readonly path: string }
  | {
      readonly kind: "tcp";
      /** IPv6 addresses have no brackets. */
      readonly host: string;
      readonly port: number;
      /**
       * Certificates are PEM and always verified; without `ca`, the system's certificates are used.
       */
      readonly tls:
        | { readonly ca?: string; readonly cert?: string; readonly key?: string }
        | undefined;
    };

/** The address in the form of DOCKER_HOST, for messages. */
export function formatDockerAddress(address: DockerAddress): string {
  if (address.kind === "socket") return `unix://${address.path}`;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `tcp://${host}:${address.port}`;
}
