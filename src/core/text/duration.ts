import { invalid, ok, type ParseResult } from "./parse-result.ts";

const UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** Parses `30s`, `5m`, `1h30m`, `7d` into milliseconds. */
export function parseDuration(text: string): ParseResult<number> {
  const trimmed = text.trim();
  if (!/^(\d+(ms|s|m|h|d))+$/.test(trimmed))
    return invalid("is not a duration", "write a number and a unit: 30s, 5m, 24h or 7d");
  let total = 0;
  for (const [, number, unit = ""] of trimmed.matchAll(/(\d+)(ms|s|m|h|d)/g))
    total += Number(number) * (UNITS[unit] ?? 0);
  return ok(total);
}

/** For people: `42 s`, `5 min`, `3 h`. */
export function formatDuration(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
}

/** A Go duration of whole hours, minutes and seconds, as Access stores it: 604800000 → `168h`. */
export function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const parts: [number, string][] = [
    [Math.floor(seconds / 3_600), "h"],
    [Math.floor((seconds % 3_600) / 60), "m"],
    [seconds % 60, "s"],
  ];
  return (
    parts
      .filter(([count]) => count > 0)
      .map(([count, unit]) => `${count}${unit}`)
      .join("") || "0s"
  );
}
