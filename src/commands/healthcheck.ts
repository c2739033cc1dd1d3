/** Asks the daemon beside it whether it is well, for HEALTHCHECK in an image without a shell. */
export async function healthcheck(address: string): Promise<0 | 1> {
  try {
    const answer = await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(3_000) });
    return answer.ok ? 0 : 1;
  } catch {
    return 1;
  }
}
