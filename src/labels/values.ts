import { goDuration, parseDuration } from "../domain/duration.ts";
import { nearest } from "../domain/nearest.ts";
import { SCHEMES, type Scheme } from "../domain/origin.ts";
import { faulty, type Parsed, parsed } from "../domain/parsed.ts";
import { ORIGIN_OPTIONS } from "./catalogue.ts";

export function parseFlag(text: string): Parsed<boolean> {
  if (text === "true" || text === "false") return parsed(text === "true");
  return faulty(
    "is neither true nor false",
    /^(yes|on|1|enabled?)$/i.test(text) ? "write true" : /^(no|off|0|disabled?)$/i.test(text) ? "write false" : "write true or false",
  );
}

export function parsePort(text: string): Parsed<number> {
  const port = Number(text);
  return /^\d+$/.test(text) && port >= 1 && port <= 65_535 ? parsed(port) : faulty("is not a port", "write a number from 1 to 65535");
}

export const parseScheme = (text: string): Parsed<Scheme> => oneOf(text, SCHEMES);

export const parseAccess = (text: string): Parsed<"authentik" | "public"> => oneOf(text, ["authentik", "public"]);

/** @returns a Go duration as Access takes it */
export function parseSession(text: string): Parsed<string> {
  const duration = parseDuration(text);
  if (!duration.ok) return duration;
  if (duration.value < 60_000 || duration.value > 730 * 3_600_000) return faulty("is out of range", "write something from 1m to 30d");
  return parsed(goDuration(duration.value));
}

/** @param option - its own name, one of ORIGIN_OPTIONS */
export function parseOriginOption(option: string, text: string): Parsed<string | number | boolean> {
  switch (ORIGIN_OPTIONS[option]?.takes) {
    case "boolean":
      return parseFlag(text);
    case "count":
      return /^\d{1,6}$/.test(text) ? parsed(Number(text)) : faulty("is not a whole number", "write a number such as 100");
    case "seconds":
      return parseSeconds(text);
    case "socks":
      return text === "socks" ? parsed(text) : faulty("is not a proxy type", "write socks, or remove the label");
    case "text":
    case undefined:
      return text === "" ? faulty("is empty", "write a value, or remove the label") : parsed(text);
  }
}

/** A number that does not fit into 64 bits of nanoseconds makes cloudflared refuse the whole document; no wait takes a day. */
const MOST_SECONDS = 86_400;

function parseSeconds(text: string): Parsed<number> {
  const duration = parseDuration(/^\d+$/.test(text) ? `${text}s` : text);
  if (!duration.ok) return duration;
  if (duration.value > MOST_SECONDS * 1_000) return faulty("is out of range", "write something up to 24h");
  return duration.value % 1_000 === 0
    ? parsed(duration.value / 1_000)
    : faulty("is not a whole number of seconds", "write whole seconds, such as 10s");
}

function oneOf<T extends string>(text: string, known: readonly T[]): Parsed<T> {
  const found = known.find((it) => it === text);
  if (found !== undefined) return parsed(found);
  const list = known.length === 2 ? `neither ${known[0]} nor ${known[1]}` : `none of ${known.join(", ")}`;
  return faulty(`is ${list}`, `write ${nearest(text.toLowerCase(), known) ?? known.join(" or ")}`);
}
