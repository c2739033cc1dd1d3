import type { Problem } from "../../core/domain/problem.ts";
import type { Prerequisite } from "../../core/plan/resource.ts";
import type { ObservedTunnel, TunnelChange } from "./types.ts";

/**
 * | the tunnel              | its token file           | then                  |
 * |-------------------------|--------------------------|-----------------------|
 * | does not exist          | any                      | create it; not ready  |
 * | uses local rules        | any                      | a problem; not ready  |
 * | uses our rules          | stale                    | write the file; ready |
 * | uses our rules          | current, or not requested| ready                 |
 *
 * It is ready whether or not cloudflared is connected, so that routes work as soon as it connects.
 * Until then nobody reaches any route, which is reported.
 */
export const tunnelPrerequisite: Prerequisite<{ readonly tunnel: ObservedTunnel }, TunnelChange> = {
  kind: "tunnel",
  pendingReason: "the tunnel",
  propose({ tunnel: observed }, { exposures }) {
    const { tunnel } = observed;
    if (tunnel === undefined)
      return {
        changes: [{ kind: "tunnel", action: "create", key: "tunnel", subject: observed.name }],
        problems: [],
        ready: false,
      };
    if (tunnel.source === "local")
      return { changes: [], problems: [localRulesProblem(tunnel.name)], ready: false };
    const writeTokenFile: TunnelChange = {
      kind: "tunnel",
      action: "update",
      key: "tunnel-token-file",
      subject: tunnel.name,
      id: tunnel.id,
    };
    const isDown = tunnel.connected === false && exposures.size > 0;
    return {
      changes: observed.tokenFile === "stale" ? [writeTokenFile] : [],
      problems: isDown ? [notConnectedProblem(tunnel.name)] : [],
      ready: true,
    };
  },
};

/** Also used by doctor. */
export const notConnectedMessage = (name: string): string =>
  `no cloudflared is connected to the tunnel ${name}, so every hostname answers 530 (error 1033)`;

const notConnectedProblem = (name: string): Problem => ({
  code: "CFA-TUNNEL-DOWN",
  severity: "error",
  container: undefined,
  label: undefined,
  route: undefined,
  message: notConnectedMessage(name),
  effect: "unchanged",
  fix: "see docker compose ps cloudflared and docker compose logs cloudflared; routes are ready when it is back",
  about: "",
  passing: true,
});

const localRulesProblem = (name: string): Problem => ({
  code: "CFA-TUNNEL-LOCAL",
  severity: "error",
  container: undefined,
  label: undefined,
  route: undefined,
  message: `the tunnel ${name} takes its rules from a local config.yml, so cfauth cannot set any`,
  effect: "unchanged",
  fix: "migrate it under Zero Trust → Networks → Tunnels, or name another tunnel in CFAUTH_TUNNEL",
});
