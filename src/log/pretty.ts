import { prettyFactory } from "pino-pretty";
import type { TerminalText } from "../core/terminal.ts";
import { escapeControlCharacters } from "../core/text/sanitize.ts";

/**
 * A line of the log for people: time, level, message, and each field as `key=value`.
 *
 * The fields are put into the message beforehand: pino-pretty takes `name` and `hostname` for the process's own, and leaves
 * out the one that a person looks for here.
 */
export function createPrettyStream(colorize: boolean): (line: string) => TerminalText {
  const pretty = prettyFactory({ colorize, translateTime: "SYS:HH:MM:ss" });
  return (line) => {
    const { level, time, msg, ...fields } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const said = Object.entries(fields).map(
      ([key, value]) => `${escapeControlCharacters(key)}=${spelled(value)}`,
    );
    return pretty({
      level,
      time,
      msg: [escapeControlCharacters(String(msg)).padEnd(said.length > 0 ? 14 : 0), ...said].join(
        " ",
      ),
    }) as TerminalText;
  };
}

/** As it is where it is one word, else in quotes; what came from labels cannot turn the line round. */
const spelled = (value: unknown): string =>
  escapeControlCharacters(
    typeof value === "string" && /^[^\s"]+$/.test(value) ? value : String(JSON.stringify(value)),
  );
