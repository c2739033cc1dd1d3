import type { Cloudflare } from "../../../src/clients/cloudflare.ts";
import { behind } from "../../../src/kinds/ingress/in-force.ts";
import { tunnelApi } from "../../../src/kinds/tunnel/api.ts";
import { tunnel } from "../../../src/kinds/tunnel/propose.ts";
import { writeTokenFile } from "../../../src/kinds/tunnel/token-file.ts";
import { wishing, wishingGroups } from "../../../test/kinds/world.ts";
import { AS_IT_WAS, type Entry, sh, yaml } from "./entry.ts";
import { thrown } from "./run.ts";

const LOCAL = { tunnel: { id: "t", name: "homelab", source: "local", connected: true }, tokenFile: undefined, name: "homelab" } as const;
const ALONE = {
  tunnel: { id: "t", name: "homelab", source: "cloudflare", connected: false },
  tokenFile: undefined,
  name: "homelab",
} as const;
const GONE = "4a8f7c1e-0000-4000-8000-000000000000";
/** A tunnel that was deleted is still answered, with the date. */
const deleted = { ask: async () => ({ id: GONE, name: "homelab", deleted_at: "2026-11-01T00:00:00Z" }) } as unknown as Cloudflare;

export const ofTunnel = {
  "CFA-TUNNEL-LOCAL": {
    says: () => tunnel.propose({ tunnel: LOCAL }, wishing()).problems,
    so: "The tunnel takes its rules from a `config.yml` beside cloudflared. Such a tunnel does not listen to the dashboard or the API.",
    why: "A rule that cfauth writes would have no effect.",
    mend: [
      "Migrate the tunnel under Zero Trust → Networks → Tunnels (Cloudflare offers it on the tunnel's page; it takes over the rules), or let cfauth make one of its own:",
      yaml("    environment:", "      CFAUTH_TUNNEL: cfauth"),
    ],
    effect: "No route is opened; what is there stays as it is.",
  },
  "CFA-TUNNEL-DOWN": {
    says: () => tunnel.propose({ tunnel: ALONE }, wishingGroups()).problems,
    so: "No cloudflared is connected to the tunnel, so every hostname answers 530 with error 1033.",
    goesOn: true,
    why: "routes are kept in order for when cloudflared is back.",
    mend: [
      sh("docker compose up -d cloudflared", "docker compose logs cloudflared"),
      "If it runs, see whether it runs with the token of this very tunnel, and whether the machine may connect outwards to port 7844 (UDP or TCP).",
    ],
    effect: "Nobody reaches anything through the tunnel. Nothing is open that should not be.",
  },
  "CFA-TUNNEL-MISSING": {
    says: async () => {
      const options = { cloudflare: deleted, account: "a", name: "", tokenFile: undefined };
      return [
        await thrown(() => tunnelApi({ ...options, tunnelId: GONE }).observe("all", undefined)),
        await thrown(() => tunnelApi({ ...options, name: GONE, tunnelId: undefined }).observe("all", undefined)),
      ];
    },
    so: "`TUNNEL_TOKEN`, or an id in `CFAUTH_TUNNEL`, names a tunnel that is not in the account. Only a tunnel that is named by its name is made where it is missing.",
    why: "Whoever names a tunnel by its id or token means just that one. cloudflared still runs with its token.",
    mend: [
      "Take the token of a tunnel that is there (Zero Trust → Networks → Tunnels → the tunnel → Configure), the same for cloudflared and cfauth; or unset `TUNNEL_TOKEN` and name a tunnel in `CFAUTH_TUNNEL`.",
    ],
    effect: AS_IT_WAS,
  },
  "CFA-TUNNEL-FILE": {
    says: async () => [
      await thrown(() => writeTokenFile("/nowhere/tunnel-token", "")),
      await thrown(() => writeTokenFile("/dev/null/tunnel-token", "")),
    ],
    so: "cfauth is to leave the tunnel's token in a file for cloudflared (`CFAUTH_TUNNEL_TOKEN_FILE`), and cannot.",
    why: "Without the token cloudflared does not start, and nothing is served.",
    mend: [
      [
        "| it says | do |",
        "|---|---|",
        "| its directory does not exist | mount a volume at that directory, shared with cloudflared, or correct CFAUTH_TUNNEL_TOKEN_FILE |",
        "| the directory may not be written to | let user 65532 write to it; a named volume belongs to it by itself |",
        "| the directory is mounted read-only | take `:ro` off cfauth's mount (cloudflared's may have it) |",
        "| the disk is full | make room |",
        "| the file is a mount of its own, which cannot be replaced | mount the directory instead of the single file |",
        "| it is a directory | name a file in CFAUTH_TUNNEL_TOKEN_FILE, not a directory |",
        "| the file system refused, or a word such as `ENOTDIR` | look at what the path leads to |",
      ].join("\n"),
      yaml(
        "    volumes:",
        "      - tunnel-token:/run/cfauth",
        "    environment:",
        "      CFAUTH_TUNNEL_TOKEN_FILE: /run/cfauth/tunnel-token",
      ),
    ],
    effect: "Routes go on. cloudflared keeps the token that it has, or does not start.",
  },
  "CFA-TUNNEL-BEHIND": {
    says: () => [behind()],
    so: "cfauth is taking over a hostname (`adopt`), and a cloudflared of the tunnel has not confirmed within 10 seconds that it runs on the rule that keeps it shut.",
    why: "Going on, the old rule could show the old page to those whom the new labels let in.",
    mend: [
      "Nothing, as a rule: it is tried again. If it lasts, look at `docker compose logs cloudflared`, and whether the tunnel has another connector somewhere that hangs.",
    ],
    effect: "The hostname is shut meanwhile.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
