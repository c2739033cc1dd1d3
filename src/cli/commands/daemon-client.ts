import { createReader } from "../../clients/limited.ts";
import { MAX_REPORT_BYTES, MAX_REPORT_VALUES } from "../../clients/limits.ts";
import { tryParseJson } from "../../core/text/json.ts";
import type { Report } from "../../status/report.ts";

/** What answers where a daemon should: its own words, and what they say, which may be anything. */
export interface ReportResponse {
  readonly ok: boolean;
  readonly text: string;
  readonly report: Partial<Report> | undefined;
}

/**
 * Asks for `/api/routes` at an address.
 *
 * @param patienceMs - for the whole answer
 * @throws where nothing answers in time, or what answers is no daemon by its size
 */
export async function fetchReport(address: string, patienceMs: number): Promise<ReportResponse> {
  const reader = createReader({ maxBytes: MAX_REPORT_BYTES, maxValues: MAX_REPORT_VALUES });
  const answer = await fetch(`${address}/api/routes`, { signal: AbortSignal.timeout(patienceMs) });
  const text = answer.body === null ? "" : await reader.text(answer.body);
  const said = tryParseJson(text);
  return {
    ok: answer.ok,
    text,
    report: typeof said === "object" && said !== null ? said : undefined,
  };
}
