import { setTimeout as sleep } from "node:timers/promises";
import { ServiceError } from "../../core/errors.ts";
import { runningVersions, type TunnelAddress } from "./connectors.ts";

/** How long a connector may take to run a new document, and how often to ask. Milliseconds. */
const TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 500;

/**
 * Waits until every connector of the tunnel is known to run this version of the document, or a
 * later one. Without any connector nobody is served, so no old rules are either.
 *
 * @throws {ServiceError} CFA-TUNNEL-BEHIND if a connector still runs an older document at the end
 */
export async function awaitPropagation(tunnel: TunnelAddress, version: number): Promise<void> {
  for (const deadline = performance.now() + TIMEOUT_MS; ; await sleep(POLL_INTERVAL_MS)) {
    const running = await runningVersions(tunnel);
    if (running.every((it) => it !== undefined && it >= version)) return;
    if (performance.now() > deadline) throw connectorsBehind();
  }
}

/**
 * Whether every connector that reports its version reaches this one in time. A connector that does
 * not report its version is ignored.
 *
 * @param timeoutMs - milliseconds; 10_000 by default
 */
export async function waitUntilPropagated(
  tunnel: TunnelAddress,
  version: number,
  timeoutMs = TIMEOUT_MS,
): Promise<boolean> {
  for (const deadline = performance.now() + timeoutMs; ; await sleep(POLL_INTERVAL_MS)) {
    const running = await runningVersions(tunnel);
    if (running.every((it) => it === undefined || it >= version)) return true;
    if (performance.now() > deadline) return false;
  }
}

export const connectorsBehind = (): ServiceError =>
  new ServiceError({
    service: "cloudflare",
    code: "CFA-TUNNEL-BEHIND",
    message: "cloudflared does not run the new rules yet, and nothing is taken over before it does",
    fix: "nothing to do: cfauth tries again; if it lasts, see docker compose logs cloudflared",
    transient: true,
  });
