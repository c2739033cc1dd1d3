import { jsonIn } from "../domain/json.ts";
import type { Report } from "../status/report.ts";

/** What answers where a daemon should: its own words, and what they say, which may be anything. */
export interface Answered {
  readonly ok: boolean;
  readonly text: string;
  readonly report: Partial<Report> | undefined;
}

/**
 * Asks for `/api/routes` at an address.
 *
 * @param patienceMs - for the whole answer
 * @throws where nothing answers in time
 */
export async function askedAt(address: string, patienceMs: number): Promise<Answered> {
  const answer = await fetch(`${address}/api/routes`, { signal: AbortSignal.timeout(patienceMs) });
  const text = await answer.text();
  const said = jsonIn(text);
  return { ok: answer.ok, text, report: typeof said === "object" && said !== null ? said : undefined };
}
