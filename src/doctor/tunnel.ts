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

/** Where a connector comes from is left out of it: it is the address of somebody's home. */
const Connectors = z
  .array(
    z.looseObject({
      version: z.string().nullish(),
      conns: z.array(z.looseObject({ is_pending_reconnect: z.boolean().nullish() })).nullish(),
    }),
  )
  .nullish();

/** The tunnel, who has the say over its rules, and whether cloudflared is there. */
export async function checkTunnel(context: DoctorContext): Promise<Findings> {
  const seen = await context.observe.tunnel();
  const found = seen.tunnel;
  if (found === undefined) {
    const detail = "not there yet: cfauth makes it when it starts";
    return {
      headline: `${seen.name}, ${detail}`,
      checks: [passedCheck("tunnel.exists", `tunnel ${seen.name}`, detail)],
    };
  }
  const exists = passedCheck("tunnel.exists", `tunnel ${found.name}`);
  const [local] = foundation.propose({ tunnel: seen }, NOTHING_DESIRED).problems;
  if (local !== undefined) {
    const check: DoctorCheck = {
      ...REMOTE,
      result: "fail",
      detail: local.message,
      code: local.code,
      fixes: [local.fix],
    };
    const routes = { id: REMOTE.id, title: "a tunnel whose rules can be set" };
    return {
      headline: `the tunnel ${found.name} takes its rules from a local config.yml`,
      checks: [exists, check],
      blockedGroups: { routes },
    };
  }
  const connected = await connections(context, found);
  const checks = [exists, passedCheck(REMOTE.id, REMOTE.title), connected];
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

/** How long doctor waits for a cloudflared that has just been given new rules, in milliseconds; a group has 10 s in all. */
const NEW_RULES_MS = 4_000;

/** Whether cloudflared runs the rules that Cloudflare has; one that has just been given new ones is waited for. */
async function rulesCheck(
  { cloudflare, account, observe }: DoctorContext,
  { id, name }: Tunnel,
): Promise<DoctorCheck> {
  const check = { id: "tunnel.rules", title: "cloudflared runs the newest rules" };
  const { version } = await observe.ingress();
  const newest = await waitUntilPropagated(
    { cloudflare, account: await account(), tunnel: id },
    version,
    NEW_RULES_MS,
  );
  if (newest) return passedCheck(check.id, check.title);
  const { message, fix, code } = diagnosePropagation(name);
  return { ...check, result: "fail", detail: message, code, fixes: [fix] };
}

const REMOTE = { id: "tunnel.remote", title: "its rules are managed from the dashboard" };

async function connections(
  { cloudflare, account }: DoctorContext,
  { id, name }: Tunnel,
): Promise<DoctorCheck> {
  const account_id = await account();
  const connectors = await cloudflare.request("tunnels.connections", Connectors, (sdk) =>
    sdk.zeroTrust.tunnels.cloudflared.connections.get(id, { account_id }),
  );
  const living = (connectors ?? []).map(({ version, conns }) => ({
    version,
    count: (conns ?? []).filter(({ is_pending_reconnect }) => is_pending_reconnect !== true).length,
  }));
  const count = living.reduce((sum, it) => sum + it.count, 0);
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
  const versions = [...new Set(living.flatMap(({ version }) => version ?? []))].toSorted();
  return passedCheck(
    check.id,
    check.title,
    `${pluralise(count, "connection")}, cloudflared ${versions.join(" and ") || "of a version it does not tell"}`,
  );
}
