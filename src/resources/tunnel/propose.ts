import type { Problem } from "../../core/domain/problem.ts";
import type { Prerequisite } from "../../core/plan/resource.ts";
import type { ObservedTunnel, TunnelChange } from "./types.ts";

/**
 * | the tunnel              | its token file    | then                                  |
 * |-------------------------|-------------------|---------------------------------------|
 * | is not there            | any               | create it; nothing stands             |
 * | takes local rules       | any               | a problem; nothing stands             |
 * | takes our rules         | stale             | write the file; the tunnel stands     |
 * | takes our rules         | current, not asked| the tunnel stands                     |
 *
 * It stands whether or not cloudflared is connected: routes are ready when it comes. Until then nobody reaches any, which is told.
 */
export const tunnelPrerequisite: Prerequisite<{ readonly tunnel: ObservedTunnel }, TunnelChange> = {
  kind: "tunnel",
  pendingReason: "the tunnel",
  propose({ tunnel: observed }, { exposures }) {
    const found = observed.tunnel;
    if (found === undefined)
      return {
        changes: [{ kind: "tunnel", action: "create", key: "tunnel", subject: observed.name }],
        problems: [],
        ready: false,
      };
    if (found.source === "local")
      return { changes: [], problems: [local(found.name)], ready: false };
    const stale: TunnelChange = {
      kind: "tunnel",
      action: "update",
      key: "tunnel-token-file",
      subject: found.name,
      id: found.id,
    };
    const problems = found.connected === false && exposures.size > 0 ? [down(found.name)] : [];
    return { changes: observed.tokenFile === "stale" ? [stale] : [], problems, ready: true };
  },
};

/** What doctor says of it as well. */
export const notConnectedMessage = (name: string): string =>
  `no cloudflared is connected to the tunnel ${name}, so every hostname answers 530 (error 1033)`;

const down = (name: string): Problem => ({
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

const local = (name: string): Problem => ({
  code: "CFA-TUNNEL-LOCAL",
  severity: "error",
  container: undefined,
  label: undefined,
  route: undefined,
  message: `the tunnel ${name} takes its rules from a local config.yml, so none can be set from here`,
  effect: "unchanged",
  fix: "migrate it under Zero Trust → Networks → Tunnels, or name another tunnel in CFAUTH_TUNNEL",
});
