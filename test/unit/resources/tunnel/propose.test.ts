import { describe, expect, it } from "vitest";
import { EMPTY_MEMORY, resolveDesired } from "../../../../src/core/plan/desired-state.ts";
import type { DesiredState } from "../../../../src/core/plan/types.ts";
import { tunnelPrerequisite } from "../../../../src/resources/tunnel/propose.ts";
import type { ObservedTunnel } from "../../../../src/resources/tunnel/types.ts";
import { exposure, key, NOTHING_RUNS } from "../../../support/builders.ts";

const NOTHING = resolveDesired(
  [],
  [],
  NOTHING_RUNS,
  EMPTY_MEMORY,
  { graceMs: 0, startupGraceMs: 0 },
  0,
).desired;
const there = { id: "t-1", name: "cfauth", source: "cloudflare", connected: true } as const;
const propose = (seen: Omit<ObservedTunnel, "name">, desired = NOTHING) =>
  tunnelPrerequisite.propose({ tunnel: { ...seen, name: "cfauth" } }, desired);
const write = {
  kind: "tunnel",
  action: "update",
  key: "tunnel-token-file",
  subject: "cfauth",
  id: "t-1",
};

describe("the tunnel", () => {
  it.each<{
    name: string;
    seen: Omit<ObservedTunnel, "name">;
    changes: readonly object[];
    ready: boolean;
  }>([
    {
      name: "a missing tunnel is created, and no route opens before",
      seen: { tunnel: undefined, tokenFile: undefined },
      changes: [{ kind: "tunnel", action: "create", key: "tunnel", subject: "cfauth" }],
      ready: false,
    },
    {
      name: "a missing tunnel is created before its token file is written",
      seen: { tunnel: undefined, tokenFile: "stale" },
      changes: [{ kind: "tunnel", action: "create", key: "tunnel", subject: "cfauth" }],
      ready: false,
    },
    {
      name: "a tunnel without a configured token file is ready",
      seen: { tunnel: there, tokenFile: undefined },
      changes: [],
      ready: true,
    },
    {
      name: "a tunnel with a current token file is ready",
      seen: { tunnel: there, tokenFile: "current" },
      changes: [],
      ready: true,
    },
    {
      name: "a tunnel is ready while its token file is written",
      seen: { tunnel: there, tokenFile: "stale" },
      changes: [write],
      ready: true,
    },
  ])("$name", ({ seen, changes, ready }) => {
    expect(propose(seen)).toEqual({ changes, problems: [], ready });
  });

  it("a tunnel with a local configuration file cannot be used, and the fix is reported", () => {
    expect(propose({ tunnel: { ...there, source: "local" }, tokenFile: "stale" })).toEqual({
      changes: [],
      problems: [
        {
          code: "CFA-TUNNEL-LOCAL",
          severity: "error",
          container: undefined,
          label: undefined,
          route: undefined,
          message:
            "the tunnel cfauth takes its rules from a local config.yml, so cfauth cannot set any",
          effect: "unchanged",
          fix: "migrate it under Zero Trust → Networks → Tunnels, or name another tunnel in CFAUTH_TUNNEL",
        },
      ],
      ready: false,
    });
  });

  it("a tunnel without a connected cloudflared is still ready, and a problem is reported if a container asks for a route", () => {
    const desired: DesiredState = {
      ...NOTHING,
      exposures: new Map([[key("app.example.com"), exposure("app.example.com")]]),
    };
    const reported = (connected: boolean | undefined, wanted: DesiredState) => {
      const { problems, ready } = propose(
        { tunnel: { ...there, connected }, tokenFile: undefined },
        wanted,
      );
      return { codes: problems.map(({ code, passing }) => [code, passing]), ready };
    };
    expect(reported(false, desired)).toEqual({ codes: [["CFA-TUNNEL-DOWN", true]], ready: true });
    expect([
      reported(true, desired),
      reported(undefined, desired),
      reported(false, NOTHING),
    ]).toEqual(Array(3).fill({ codes: [], ready: true }));
  });
});
