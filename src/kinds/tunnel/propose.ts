import type { Problem } from "../../domain/problem.ts";
import type { Foundation } from "../../plan/rung.ts";
import type { TunnelChange, TunnelSeen } from "./seen.ts";

/**
 * | the tunnel              | its token file    | then                                  |
 * |-------------------------|-------------------|---------------------------------------|
 * | is not there            | any               | create it; nothing stands             |
 * | takes local rules       | any               | a problem; nothing stands             |
 * | takes our rules         | stale             | write the file; the tunnel stands     |
 * | takes our rules         | current, not asked| the tunnel stands                     |
 */
export const tunnel: Foundation<{ readonly tunnel: TunnelSeen }, TunnelChange> = {
  kind: "tunnel",
  awaited: "the tunnel",
  propose({ tunnel: seen }) {
    const found = seen.tunnel;
    if (found === undefined)
      return { changes: [{ kind: "tunnel", action: "create", key: "tunnel", subject: seen.name }], problems: [], stands: false };
    if (found.source === "local") return { changes: [], problems: [local(found.name)], stands: false };
    const stale: TunnelChange = { kind: "tunnel", action: "update", key: "tunnel-token-file", subject: found.name, id: found.id };
    return { changes: seen.tokenFile === "stale" ? [stale] : [], problems: [], stands: true };
  },
};

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
