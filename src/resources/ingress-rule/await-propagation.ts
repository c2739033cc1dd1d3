import { setTimeout as sleep } from "node:timers/promises";
import { ServiceError } from "../../core/errors.ts";
import { runningVersions, type TunnelAddress } from "./connectors.ts";

/** How long a connector may take to run on a new document, and how often it is asked. Milliseconds. */
const PATIENCE_MS = 10_000;
const BETWEEN_MS = 500;

/**
 * Waits until every connector of the tunnel is known to run on this version of the document, or a later one. Without any connector
 * nobody is served, so nothing old can be.
 *
 * @throws {ServiceError} CFA-TUNNEL-BEHIND when one still runs on an older document in the end
 */
export async function awaitPropagation(tunnel: TunnelAddress, version: number): Promise<void> {
  for (const until = performance.now() + PATIENCE_MS; ; await sleep(BETWEEN_MS)) {
    const running = await runningVersions(tunnel);
    if (running.every((it) => it !== undefined && it >= version)) return;
    if (performance.now() > until) throw connectorsBehind();
  }
}

/**
 * Whether every connector that reports what it runs comes to this version in time. One that does not report it is no reason to doubt.
 *
 * @param patienceMs - milliseconds; 10_000 unless given
 */
export async function waitUntilPropagated(
  tunnel: TunnelAddress,
  version: number,
  patienceMs = PATIENCE_MS,
): Promise<boolean> {
  for (const until = performance.now() + patienceMs; ; await sleep(BETWEEN_MS)) {
    const running = await runningVersions(tunnel);
    if (running.every((it) => it === undefined || it >= version)) return true;
    if (performance.now() > until) return false;
  }
}

export const connectorsBehind = (): ServiceError =>
  new ServiceError({
    service: "cloudflare",
    code: "CFA-TUNNEL-BEHIND",
    message:
      "cloudflared does not yet run on the rules that were written, so nothing is taken over before it does",
    fix: "nothing to do: cfauth comes back to it; if it lasts, see docker compose logs cloudflared",
    transient: true,
  });
