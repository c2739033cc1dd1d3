/** The command line of `npm run sandbox`. */

import { parseArgs } from "node:util";
import { VERSION_NAMES, type VersionName } from "../../test/sandbox/authentik/versions.ts";

export interface Options {
  readonly help: boolean;
  /** 0 means any free port. */
  readonly ports: {
    readonly edge: number;
    readonly cloudflare: number;
    readonly authentik: number;
  };
  readonly authentik: VersionName;
  /** The Docker network on which the simulated cloudflared looks up containers. */
  readonly network: string | undefined;
}

export class UsageError extends Error {}

/** Fixed, so that the printed settings still fit after a restart. */
const DEFAULT_PORTS = { edge: 8787, cloudflare: 8788, authentik: 8789 } as const;
const DEFAULT_VERSION: VersionName = "2026.8";
const MAX_PORT = 65_535;

export const HELP = `npm run sandbox [-- options]   a simulated Cloudflare and Authentik on loopback, until Ctrl-C

  --network <name>          the Docker network of the containers; without it, the edge reaches no container
  --authentik <version>     the version to simulate: ${VERSION_NAMES.join(", ")} (default ${DEFAULT_VERSION})
  --edge-port <port>        the public hostnames (default ${DEFAULT_PORTS.edge}; 0 means any free port)
  --cloudflare-port <port>  Cloudflare's API (default ${DEFAULT_PORTS.cloudflare})
  --authentik-port <port>   Authentik's API (default ${DEFAULT_PORTS.authentik})
  --help

It prints the addresses, the logins and the settings that make cfauth use it. All of its data is in memory.
CFAUTH_OPENAPI_DIR turns on the checks against the vendors' schemas; see test/sandbox/README.md.
`;

/** @throws {UsageError} with a sentence for the person who typed the command */
export function parseOptions(argv: readonly string[]): Options {
  const values = read(argv);
  return {
    help: values.help ?? false,
    ports: {
      edge: parsePort("edge-port", values["edge-port"], DEFAULT_PORTS.edge),
      cloudflare: parsePort("cloudflare-port", values["cloudflare-port"], DEFAULT_PORTS.cloudflare),
      authentik: parsePort("authentik-port", values["authentik-port"], DEFAULT_PORTS.authentik),
    },
    authentik: parseVersion(values.authentik ?? DEFAULT_VERSION),
    network: values.network,
  };
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        help: { type: "boolean", short: "h" },
        network: { type: "string" },
        authentik: { type: "string" },
        "edge-port": { type: "string" },
        "cloudflare-port": { type: "string" },
        "authentik-port": { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

function parsePort(option: string, text: string | undefined, fallback: number): number {
  if (text === undefined) return fallback;
  const port = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= MAX_PORT))
    throw new UsageError(`--${option} "${text}" is no port: use a number from 0 to ${MAX_PORT}`);
  return port;
}

function parseVersion(text: string): VersionName {
  const version = VERSION_NAMES.find((name) => name === text);
  if (version === undefined)
    throw new UsageError(`--authentik "${text}" is not simulated: use ${VERSION_NAMES.join(", ")}`);
  return version;
}
