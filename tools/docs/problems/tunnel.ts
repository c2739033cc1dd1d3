import type { Cloudflare } from "../../../src/clients/cloudflare/cloudflare.ts";
import type { Problem } from "../../../src/core/domain/problem.ts";
import { routeKey } from "../../../src/core/domain/route.ts";
import { planChanges } from "../../../src/core/plan/planner.ts";
import { NOTHING_DESIRED } from "../../../src/core/plan/types.ts";
import { connectorsBehind } from "../../../src/resources/ingress-rule/await-propagation.ts";
import { diagnoseTunnelRules } from "../../../src/resources/ingress-rule/diagnostics.ts";
import { originFingerprint } from "../../../src/resources/ingress-rule/rules.ts";
import type { ObservedIngressRules } from "../../../src/resources/ingress-rule/types.ts";
import { resourceModel } from "../../../src/resources/registry.ts";
import { createTunnelDriver } from "../../../src/resources/tunnel/driver.ts";
import { tunnelPrerequisite } from "../../../src/resources/tunnel/propose.ts";
import { writeTokenFile } from "../../../src/resources/tunnel/token-file.ts";
import { exposure } from "../../../test/support/builders.ts";
import { wishing, wishingGroups } from "../../../test/support/observed-state.ts";
import { emptyWorld, OWNER } from "../../../test/unit/core/plan/model.ts";
import { AS_IT_WAS, type Entry, sh, yaml } from "./entry.ts";
import { thrown } from "./run.ts";
import { converged, desired } from "./worlds.ts";

const LOCAL = {
  tunnel: { id: "t", name: "homelab", source: "local", connected: true },
  tokenFile: undefined,
  name: "homelab",
} as const;
const ALONE = {
  tunnel: { id: "t", name: "homelab", source: "cloudflare", connected: false },
  tokenFile: undefined,
  name: "homelab",
} as const;
const GONE = "4a8f7c1e-0000-4000-8000-000000000000";
/** A tunnel that was deleted is still answered, with the date. */
const deleted = {
  request: async () => ({ id: GONE, name: "homelab", deleted_at: "2026-11-01T00:00:00Z" }),
} as unknown as Cloudflare;

/** What cfauth says of the tunnel's document as a whole. */
const ofDocument = (more: Partial<ObservedIngressRules>): readonly Problem[] =>
  diagnoseTunnelRules(
    { ingress: { ...emptyWorld().ingress, ...more }, tunnel: { name: "cfauth" } },
    NOTHING_DESIRED,
  );

/** What cfauth says of a route with a CA file that cloudflared does not have. */
function refusedRule(): readonly Problem[] {
  const origin = { service: "https://wiki:443", options: { caPool: "/etc/ssl/home.pem" } };
  const wish = exposure("wiki.example.com", { workload: "wiki", origin });
  const observed = converged(desired());
  const withheld = new Map([
    [routeKey(wish.route), { print: originFingerprint(origin), refused: true }],
  ]);
  return planChanges(resourceModel(OWNER), desired(wish), {
    ...observed,
    ingress: { ...observed.ingress, withheld },
  }).problems;
}

export const ofTunnel = {
  "CFA-TUNNEL-LOCAL": {
    says: () => tunnelPrerequisite.propose({ tunnel: LOCAL }, wishing()).problems,
    so: "The tunnel takes its rules from a `config.yml` beside cloudflared. Such a tunnel does not listen to the dashboard or the API.",
    why: "A rule that cfauth writes would have no effect.",
    mend: [
      "Migrate the tunnel under Zero Trust → Networks → Tunnels (Cloudflare offers it on the tunnel's page; it takes over the rules), or let cfauth make one of its own:",
      yaml("    environment:", "      CFAUTH_TUNNEL: cfauth"),
    ],
    effect: "No route is opened; what is there stays as it is.",
  },
  "CFA-TUNNEL-DOWN": {
    says: () => tunnelPrerequisite.propose({ tunnel: ALONE }, wishingGroups()).problems,
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
        await thrown(() =>
          createTunnelDriver({ ...options, tunnelId: GONE }).observe("all", undefined),
        ),
        await thrown(() =>
          createTunnelDriver({ ...options, name: GONE, tunnelId: undefined }).observe(
            "all",
            undefined,
          ),
        ),
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
    says: () => [...ofDocument({ behind: true }), connectorsBehind()],
    so: "A cloudflared of the tunnel still runs an older version of the rules, 15 seconds after cfauth wrote a newer one (10 seconds where cfauth takes over a hostname with `adopt`). cloudflared refuses a whole document for one value in it that it cannot use, such as a CA file that it does not have, and goes on with the old one.",
    why: "What was closed or narrowed since then may still be open. `/readyz` answers 503 meanwhile, and a route that was closed stays `closing`.",
    mend: [
      "After 30 seconds cfauth takes back the rules that it opened since the last version that cloudflared runs, and tries them again in groups, until it knows which one is refused ([CFA-TUNNEL-RULE](#cfa-tunnel-rule)). What it closed stays closed. Until cloudflared has once been seen to run rules of this cfauth, only rules with `origin.caPool` are taken back before ten minutes are over; where it was seen to take longer than 15 seconds, cfauth waits twice as long as it took.",
      "If it lasts, read in `docker compose logs cloudflared` which rule is refused: it may be one that cfauth did not write. A connector that hangs, perhaps on another machine, is restarted with `docker compose restart cloudflared`.",
    ],
    effect:
      "Routes go on as cloudflared last took them. A hostname that is being taken over is shut meanwhile.",
  },
  "CFA-TUNNEL-RULE": {
    says: refusedRule,
    so: "cloudflared refused a document with this rule in it, and runs the one without it.",
    why: "One rule that cloudflared refuses keeps every later change from coming into force, closings included. So cfauth takes that rule back.",
    mend: [
      "Read in `docker compose logs cloudflared` what it refuses, and correct or remove the `origin.…` labels of the route. `origin.caPool` names a file that cloudflared must have at that path, in its own container.",
      "cfauth tries the route again when its labels change, and at its next start.",
    ],
    effect: "The route is closed.",
  },
  "CFA-TUNNEL-CONTESTED": {
    says: () => ofDocument({ contested: true }),
    so: "Another program or person writes the rules of the same tunnel from an old copy, again and again, and undoes what cfauth wrote.",
    why: "Cloudflare has no conditional write for this document: the last writer wins. Meanwhile routes open late, and what was closed may be open for some seconds.",
    mend: [
      "Find the other writer: another tool that manages the tunnel (Terraform, DockFlare), or a second cfauth with the same owner on another machine. Give each a tunnel of its own, or each cfauth a `CFAUTH_OWNER` of its own.",
      "cfauth puts its rules back, and waits longer each time, up to 5 minutes. The log has a line for each time the version of the rules moved without it.",
    ],
    effect: "Routes are kept as the labels ask, with pauses.",
  },
  "CFA-TUNNEL-UNMARKED": {
    says: () => ofDocument({ takesMark: false }),
    so: "cfauth writes its name into each rule, as one more audience of cloudflared's login check that no login has. Cloudflare refused a rule for that.",
    why: "Without the mark a rule is known as cfauth's only by its Access application. One that another writer restores after its application is gone looks foreign, and stays.",
    mend: [
      "Please report it. If another tool writes the rules of this tunnel, look now and then under Zero Trust → Networks → Tunnels → Public hostnames for rules that no container asks for.",
    ],
    effect: "Routes open and close as always.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
