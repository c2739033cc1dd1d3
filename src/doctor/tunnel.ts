import { z } from "zod";
import { NOTHING_DESIRED } from "../core/plan/types.ts";
import { pluralise } from "../core/text/grammar.ts";
import { waitUntilPropagated } from "../resources/ingress-rule/await-propagation.ts";
import { diagnosePropagation } from "../resources/ingress-rule/diagnostics.ts";
import {
  tunnelPrerequisite as foundation,
  notConnectedMessage,
} from "../resources/tunnel/propose.ts";
import type { Tunnel } from "../resources/tunnel/types.ts";
import type { DoctorContext } from "./context.ts";
import { type DoctorCheck, type Findings, passedCheck } from "./findings.ts";

/** The connector's IP address is left out on purpose: it may be the address of a home. */
const Connectors = z
  .array(
    z.looseObject({
      version: z.string().nullish(),
      conns: z.array(z.looseObject({ is_pending_reconnect: z.boolean().nullish() })).nullish(),
    }),
  )
  .nullish();

/**
 * Checks the tunnel, where its rules are managed, and whether cloudflared is connected and runs the
 * newest rules.
 */
export async function checkTunnel(context: DoctorContext): Promise<Findings> {
  const seen = await context.observe.tunnel();
  const found = seen.tunnel;
  if (found === undefined) {
    const detail = "not created yet: cfauth creates it when it starts";
    return {
      headline: `${seen.name}, ${detail}`,
      checks: [passedCheck("tunnel.exists", `tunnel ${seen.name}`, detail)],
    };
  }
  const exists = passedCheck("tunnel.exists", `tunnel ${found.name}`);
  const [local] = foundation.propose({ tunnel: seen }, NOTHING_DESIRED).problems;
  if (local !== undefined) {
    const check: DoctorCheck = {
      ...REMOTELY_MANAGED,
      result: "fail",
      detail: local.message,
      code: local.code,
      fixes: [local.fix],
    };
    const routes = { id: REMOTELY_MANAGED.id, title: "a remotely managed tunnel" };
    return {
      headline: `the tunnel ${found.name} takes its rules from a local config.yml`,
      checks: [exists, check],
      blockedGroups: { routes },
    };
  }
  const connected = await connectionCheck(context, found);
  const checks = [exists, passedCheck(REMOTELY_MANAGED.id, REMOTELY_MANAGED.title), connected];
  if (connected.result !== "pass")
    return { headline: `${found.name}: cloudflared is not connected`, checks };
  const rules = await rulesCheck(context, found);
  if (rules.result !== "pass")
    return { headline: `${found.name}: cloudflared runs older rules`, checks: [...checks, rules] };
  return {
    headline: `${found.name}, managed from the dashboard · ${connected.detail}`,
    checks: [...checks, rules],
  };
}

/**
 * How long to wait for cloudflared to apply new rules, in milliseconds. The whole group has 10 s.
 */
const PROPAGATION_TIMEOUT_MS = 4_000;

/**
 * Checks that cloudflared runs the rules that are stored at Cloudflare. Waits a moment if they are
 * new.
 */
async function rulesCheck(
  { cloudflare, account, observe }: DoctorContext,
  { id, name }: Tunnel,
): Promise<DoctorCheck> {
  const check = { id: "tunnel.rules", title: "cloudflared runs the newest rules" };
  const { version } = await observe.ingress();
  const newest = await waitUntilPropagated(
    { cloudflare, account: await account(), tunnel: id },
    version,
    PROPAGATION_TIMEOUT_MS,
  );
  if (newest) return passedCheck(check.id, check.title);
  const { message, fix, code } = diagnosePropagation(name);
  return { ...check, result: "fail", detail: message, code, fixes: [fix] };
}

const REMOTELY_MANAGED = { id: "tunnel.remote", title: "its rules are managed from the dashboard" };

async function connectionCheck(
  { cloudflare, account }: DoctorContext,
  { id, name }: Tunnel,
): Promise<DoctorCheck> {
  const account_id = await account();
  const connectors = await cloudflare.request("tunnels.connections", Connectors, (sdk) =>
    sdk.zeroTrust.tunnels.cloudflared.connections.get(id, { account_id }),
  );
  const connected = (connectors ?? []).map(({ version, conns }) => ({
    version,
    count: (conns ?? []).filter(({ is_pending_reconnect }) => is_pending_reconnect !== true).length,
  }));
  const count = connected.reduce((sum, it) => sum + it.count, 0);
  const check = { id: "tunnel.connected", title: "cloudflared is connected" };
  if (count === 0)
    return {
      ...check,
      result: "fail",
      detail: notConnectedMessage(name),
      code: "CFA-TUNNEL-DOWN",
      fixes: [
        "docker compose up -d cloudflared, then see: docker compose logs cloudflared",
        `check that cloudflared runs with the token of the tunnel ${name}`,
      ],
    };
  const versions = [...new Set(connected.flatMap(({ version }) => version ?? []))].toSorted();
  return passedCheck(
    check.id,
    check.title,
    `${pluralise(count, "connection")}, cloudflared ${versions.join(" and ") || "of unknown version"}`,
  );
}
