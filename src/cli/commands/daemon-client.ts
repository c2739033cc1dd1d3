import { createReader } from "../../clients/limited.ts";
import { MAX_REPORT_BYTES, MAX_REPORT_VALUES } from "../../clients/limits.ts";
import { tryParseJson } from "../../core/text/json.ts";
import type { Report } from "../../status/report.ts";

/** The response at the daemon's address: its text, and the parsed JSON, which is not validated. */
export interface ReportResponse {
  readonly ok: boolean;
  readonly text: string;
  readonly report: Partial<Report> | undefined;
}

/**
 * Requests `/api/routes` at an address.
 *
 * @param patienceMs - the time limit for the whole response
 * @throws if there is no response in time, or it is too large to come from a daemon
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
