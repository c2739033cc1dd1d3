const SECONDS: Readonly<Record<string, number>> = {
  seconds: 1,
  minutes: 60,
  hours: 3600,
  days: 86_400,
  weeks: 604_800,
};

/** The seconds in Authentik's `hours=1;minutes=30`; at least 1. */
export function seconds(text: string): number {
  const parts = text.split(/[;,]/).map((part) => part.split("="));
  return Math.max(
    1,
    parts.reduce((sum, [unit = "", count = "0"]) => sum + (SECONDS[unit] ?? 0) * Number(count), 0),
  );
}
