import { type Logger, pino } from "pino";
import type { Secret } from "../core/secret.ts";
import type { TerminalText } from "../core/terminal.ts";
import { type JsonText, shownJson } from "../core/text/json-text.ts";
import { plainError } from "./plain-error.ts";
import { createPrettyStream } from "./pretty.ts";
import { redactor } from "./redactor.ts";

export type Log = Logger;

export interface LogOptions {
  readonly level: string;
  /** Undefined: pretty on a terminal, else JSON. */
  readonly format: "json" | "pretty" | undefined;
  /** Whatever a line was made of, none of these leaves in it. */
  readonly secrets: readonly Secret[];
  readonly stream: LogStream;
}

/** Standard output, or what stands in for it in a test. */
export interface LogStream {
  write(text: JsonText | TerminalText): unknown;
  readonly isTTY?: boolean;
}

/**
 * The log: one line for each fact, its message constant and its variables as fields; errors under the key `err` alone.
 *
 * Lines are made and written at once, without a worker, so that the last one before an exit is there.
 */
export function createLog({ level, format, secrets, stream }: LogOptions): Log {
  const terminal = stream.isTTY === true;
  const redacted = redactor(secrets);
  const shown =
    (format ?? (terminal ? "pretty" : "json")) === "pretty"
      ? createPrettyStream(terminal)
      : shownJson;
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: plainError },
    },
    { write: (line) => void stream.write(redacted(shown(redacted(line)))) },
  );
}
