/** What a person needs to know about a running sandbox. */

import { FAMILY } from "../../test/sandbox/authentik/people.ts";
import { version } from "../../test/sandbox/authentik/versions.ts";
import type { Sandbox } from "../../test/sandbox/index.ts";
import type { Options } from "./options.ts";

type Shown = Pick<Sandbox, "cloudflare" | "authentik" | "edge" | "zone" | "environment">;

export function guide(sandbox: Shown, { authentik, network }: Options): string {
  const { cloudflare, edge, zone } = sandbox;
  const settings = {
    ...sandbox.environment,
    ...(network !== undefined && { CFAUTH_NETWORK: network }),
  };
  const addresses = [
    ["Cloudflare API", cloudflare.url],
    ["Authentik API", `${sandbox.authentik.url}/api/v3`],
    ["Authentik", `${edge.url(`auth.${zone}`)}/`],
    ["public hostnames", `${edge.url(`<name>.${zone}`)}/ (open them in Chrome, Edge or Firefox)`],
    ...FAMILY.map(({ username, groups = [] }) => [
      "login",
      `${username}, password ${username}-password, group ${groups.join(", ")}`,
    ]),
  ];
  return [
    `The cfauth sandbox simulates Cloudflare and Authentik ${version(authentik).full}.`,
    "It starts empty, keeps its data in memory and loses it at the end.",
    "",
    ...addresses.map(([name = "", value = ""]) => `  ${name.padEnd(18)}${value}`),
    "",
    "These settings make cfauth use it. Paste them into another terminal:",
    "",
    ...Object.entries(settings).map(([name, value]) => `  export ${name}=${quoted(value)}`),
    "",
    "Then run, for example:",
    "",
    "  npm start          the daemon",
    "  npm start -- plan  what it would change",
    "",
    ...hints(network),
    "Faults, hooks, delays and the journal of calls are an API for tests: see test/sandbox/README.md.",
    "Ctrl-C ends the sandbox. Requests that change something appear below.",
    "",
    "",
  ].join("\n");
}

function hints(network: string | undefined): readonly string[] {
  if (network !== undefined) return [];
  return [
    "Routes open, but lead to no container. To reach containers, start again with --network <name>.",
  ];
}

/** For a POSIX shell. */
function quoted(value: string): string {
  return /^[\w./:-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}
