import { prettyFactory } from "pino-pretty";
import type { TerminalText } from "../core/terminal.ts";
import { escapeControlCharacters } from "../core/text/sanitize.ts";

/**
 * Formats a log line for people: time, level, message, and each field as `key=value`.
 *
 * The fields are put into the message first, because pino-pretty treats `name` and `hostname` as
 * those of the process and would drop the hostname that a person is looking for.
 */
export function createPrettyStream(colorize: boolean): (line: string) => TerminalText {
  const pretty = prettyFactory({ colorize, translateTime: "SYS:HH:MM:ss" });
  return (line) => {
    const { level, time, msg, ...fields } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const pairs = Object.entries(fields).map(
      ([key, value]) => `${escapeControlCharacters(key)}=${formatValue(value)}`,
    );
    return pretty({
      level,
      time,
      msg: [escapeControlCharacters(String(msg)).padEnd(pairs.length > 0 ? 14 : 0), ...pairs].join(
        " ",
      ),
    }) as TerminalText;
  };
}

/**
 * A single word stays as it is, other values are quoted. Control characters from labels cannot
 * reorder the line.
 */
const formatValue = (value: unknown): string =>
  escapeControlCharacters(
    typeof value === "string" && /^[^\s"]+$/.test(value) ? value : String(JSON.stringify(value)),
  );
