import { goDuration, parseDuration } from "../text/duration.ts";
import { invalid, ok, type ParseResult } from "../text/parse-result.ts";

/** Parses how long a login lasts. @returns a Go duration, as Access expects it */
export function parseSession(text: string): ParseResult<string> {
  const duration = parseDuration(text);
  if (!duration.ok) return duration;
  if (duration.value < 60_000 || duration.value > 730 * 3_600_000)
    return invalid("is out of range", "write something from 1m to 30d");
  return ok(goDuration(duration.value));
}
