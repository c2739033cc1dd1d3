import type { Cloudflare } from "../../../src/clients/cloudflare/cloudflare.ts";
import type { Problem } from "../../../src/core/domain/problem.ts";
import { routeKey } from "../../../src/core/domain/route.ts";
import { planChanges } from "../../../src/core/plan/planner.ts";
import { NOTHING_DESIRED } from "../../../src/core/plan/types.ts";
import { connectorsBehind } from "../../../src/resources/ingress-rule/await-propagation.ts";
import { diagnoseTunnelRules } from "../../../src/resources/ingress-rule/diagnostics.ts";
import { originFingerprint } from "../../../src/resources/ingress-rule/rules.ts";
import type { ObservedIngressRules } from "../../../src/resources/ingress-rule/types.ts";
import { resourceModel } from "../../../src/resources/model.ts";
import { createTunnelDriver } from "../../../src/resources/tunnel/driver.ts";
import { tunnelPrerequisite } from "../../../src/resources/tunnel/propose.ts";
import { writeTokenFile } from "../../../src/resources/tunnel/token-file.ts";
import { exposure } from "../../../test/support/builders.ts";
import { desiredFor, desiredForGroups } from "../../../test/support/observed-state.ts";
import { emptyAccount, OWNER } from "../../../test/unit/core/plan/model.ts";
import { type Entry, NOTHING_CHANGES, sh, yaml } from "./entry.ts";
import { catchServiceError } from "./run.ts";
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
/** Cloudflare still returns a deleted tunnel, with the date. */
const deleted = {
  request: async () => ({ id: GONE, name: "homelab", deleted_at: "2026-11-01T00:00:00Z" }),
} as unknown as Cloudflare;

/** The problems of the tunnel's whole document. */
const documentProblems = (more: Partial<ObservedIngressRules>): readonly Problem[] =>
  diagnoseTunnelRules(
    { ingress: { ...emptyAccount().ingress, ...more }, tunnel: { name: "cfauth" } },
    NOTHING_DESIRED,
  );

/** The problems of a route with a CA file that cloudflared does not have. */
function refusedRuleProblems(): readonly Problem[] {
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

export const TUNNEL = {
  "CFA-TUNNEL-LOCAL": {
    title: "the tunnel is configured by a `config.yml`",
    messages: () => tunnelPrerequisite.propose({ tunnel: LOCAL }, desiredFor()).problems,
    meaning:
      "The tunnel takes its rules from a `config.yml` next to cloudflared. Such a tunnel ignores the dashboard and the API.",
    reason: "A rule that cfauth writes would have no effect.",
    solution: [
      "Migrate the tunnel under Zero Trust → Networks → Tunnels (Cloudflare offers this on the tunnel's page and takes over the rules), or let cfauth create its own:",
      yaml("    environment:", "      CFAUTH_TUNNEL: cfauth"),
    ],
    effect: "No route opens; existing rules stay as they are.",
  },
  "CFA-TUNNEL-DOWN": {
    title: "no cloudflared is connected",
    messages: () => tunnelPrerequisite.propose({ tunnel: ALONE }, desiredForGroups()).problems,
    meaning:
      "No cloudflared is connected to the tunnel, so every hostname answers 530 with error 1033.",
    warning: true,
    reason: "cfauth keeps the routes up to date until cloudflared is back.",
    solution: [
      sh("docker compose up -d cloudflared", "docker compose logs cloudflared"),
      "If it runs, check that it uses the token of this tunnel, and that the machine can connect to port 7844 (UDP or TCP) on the internet.",
    ],
    effect: "Nobody can reach anything through the tunnel. Nothing is open that should not be.",
  },
  "CFA-TUNNEL-MISSING": {
    title: "the tunnel does not exist",
    messages: async () => {
      const options = { cloudflare: deleted, account: "a", name: "", tokenFile: undefined };
      return [
        await catchServiceError(() =>
          createTunnelDriver({ ...options, tunnelId: GONE }).observe("all", undefined),
        ),
        await catchServiceError(() =>
          createTunnelDriver({ ...options, name: GONE, tunnelId: undefined }).observe(
            "all",
            undefined,
          ),
        ),
      ];
    },
    meaning:
      "`TUNNEL_TOKEN`, or an id in `CFAUTH_TUNNEL`, names a tunnel that the account does not have. cfauth creates a missing tunnel only if the setting has its name, not its id.",
    reason: "An id or a token means exactly one tunnel. cloudflared still runs with its token.",
    solution: [
      "Use the token of an existing tunnel (Zero Trust → Networks → Tunnels → the tunnel → Configure), the same one for cloudflared and cfauth. Or unset `TUNNEL_TOKEN` and name a tunnel in `CFAUTH_TUNNEL`.",
    ],
    effect: NOTHING_CHANGES,
  },
  "CFA-TUNNEL-FILE": {
    title: "the token file cannot be written",
    messages: async () => [
      await catchServiceError(() => writeTokenFile("/nowhere/tunnel-token", "")),
      await catchServiceError(() => writeTokenFile("/dev/null/tunnel-token", "")),
    ],
    meaning:
      "cfauth cannot write the tunnel's token to the file for cloudflared (`CFAUTH_TUNNEL_TOKEN_FILE`).",
    reason: "Without the token cloudflared does not start, and no route works.",
    solution: [
      [
        "| message | solution |",
        "|---|---|",
        "| its directory does not exist | mount a volume at that directory, shared with cloudflared, or correct CFAUTH_TUNNEL_TOKEN_FILE |",
        "| the directory may not be written to | let user 65532 write to it; a named volume already belongs to it |",
        "| the directory is mounted read-only | remove `:ro` from cfauth's mount (cloudflared's may keep it) |",
        "| the disk is full | free some space |",
        "| the file is a mount of its own, which cannot be replaced | mount the directory instead of the single file |",
        "| it is a directory | name a file in CFAUTH_TUNNEL_TOKEN_FILE, not a directory |",
        "| the file system refused, or a word such as `ENOTDIR` | check what the path leads to |",
      ].join("\n"),
      yaml(
        "    volumes:",
        "      - tunnel-token:/run/cfauth",
        "    environment:",
        "      CFAUTH_TUNNEL_TOKEN_FILE: /run/cfauth/tunnel-token",
      ),
    ],
    effect: "Routes are not affected. cloudflared keeps the token that it has, or does not start.",
  },
  "CFA-TUNNEL-BEHIND": {
    title: "cloudflared runs older rules",
    messages: () => [...documentProblems({ behind: true }), connectorsBehind()],
    meaning:
      "A cloudflared of the tunnel still runs an older version of the rules, 15 seconds after cfauth wrote a newer one (10 seconds if cfauth takes over a hostname with `adopt`). cloudflared refuses the whole document because of a single value that it cannot use, such as a missing CA file, and keeps the old one.",
    reason:
      "What was closed or narrowed since then may still be open. Meanwhile `/readyz` answers 503, and a closed route stays `closing`.",
    solution: [
      "After 30 seconds cfauth withdraws the rules that it added since the version that cloudflared runs. It then tries them again in groups, until it knows which one is refused ([CFA-TUNNEL-RULE](#cfa-tunnel-rule)). Closed routes stay closed. Until this cfauth has seen cloudflared run its rules once, it withdraws only rules with `origin.caPool` during the first ten minutes. If cloudflared has taken longer than 15 seconds before, cfauth waits twice as long as that.",
      "If it lasts, `docker compose logs cloudflared` shows which rule is refused: cfauth may not have written it. If a connector hangs, perhaps on another machine, restart it with `docker compose restart cloudflared`.",
    ],
    effect:
      "Routes stay as in the last version that cloudflared accepted. A hostname that is being taken over is closed meanwhile.",
  },
  "CFA-TUNNEL-RULE": {
    title: "cloudflared refuses a rule",
    messages: refusedRuleProblems,
    meaning: "cloudflared refused a document with this rule and runs the one without it.",
    reason:
      "One refused rule would keep every later change from taking effect, including closing a route. So cfauth withdraws that rule.",
    solution: [
      "`docker compose logs cloudflared` shows what it refuses. Correct or remove the `origin.…` labels of the route. For `origin.caPool`, cloudflared must have the file at that path, in its own container.",
      "cfauth tries the route again when its labels change, and at its next start.",
    ],
    effect: "The route is closed.",
  },
  "CFA-TUNNEL-CONTESTED": {
    title: "another writer undoes the rules",
    messages: () => documentProblems({ contested: true }),
    meaning:
      "Another program or person repeatedly writes the rules of the same tunnel from an old copy and undoes what cfauth wrote.",
    reason:
      "Cloudflare has no conditional write for this document: the last writer wins. Meanwhile routes open late, and a closed route may be open for some seconds.",
    solution: [
      "Find the other writer: another tool that manages the tunnel (Terraform, DockFlare), or a second cfauth with the same owner on another machine. Give each its own tunnel, or each cfauth its own `CFAUTH_OWNER`.",
      "cfauth writes its rules again, and waits longer each time, up to 5 minutes. The log has a line for each time that something else changed the version of the rules.",
    ],
    effect: "Routes follow their labels, with interruptions.",
  },
  "CFA-TUNNEL-UNMARKED": {
    title: "Cloudflare refuses cfauth's mark in the rules",
    messages: () => documentProblems({ takesMark: false }),
    meaning:
      "cfauth writes its owner into each rule, as an additional audience of cloudflared's login check that no login has. Cloudflare refused a rule because of it.",
    reason:
      "Without the mark, only a rule's Access application shows that the rule is cfauth's. If another writer restores a rule after its application is deleted, the rule looks foreign and stays.",
    solution: [
      "Please report it. If another tool writes the rules of this tunnel, check now and then under Zero Trust → Networks → Tunnels → Public hostnames for rules that no container asks for.",
    ],
    effect: "Routes open and close as usual.",
  },
} as const satisfies Readonly<Record<string, Entry>>;
