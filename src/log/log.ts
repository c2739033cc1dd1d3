import { type Logger, pino } from "pino";
import type { Secret } from "../core/secret.ts";
import type { TerminalText } from "../core/terminal.ts";
import { type JsonText, shownJson } from "../core/text/json-text.ts";
import { plainError } from "./plain-error.ts";
import { createPrettyStream } from "./pretty.ts";
import { createRedactor } from "./redactor.ts";

export type Log = Logger;

export interface LogOptions {
  readonly level: string;
  /** Undefined means pretty on a terminal, otherwise JSON. */
  readonly format: "json" | "pretty" | undefined;
  /** No line ever contains one of these. */
  readonly secrets: readonly Secret[];
  readonly stream: LogStream;
}

/** Standard output, or its replacement in a test. */
export interface LogStream {
  write(text: JsonText | TerminalText): unknown;
  readonly isTTY?: boolean;
}

/**
 * Creates the log: one line per fact, with a constant message and variables as fields. Errors
 * appear only under the key `err`.
 *
 * Lines are written synchronously, without a worker, so that the last line before an exit is not
 * lost.
 */
export function createLog({ level, format, secrets, stream }: LogOptions): Log {
  const terminal = stream.isTTY === true;
  const redact = createRedactor(secrets);
  const render =
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
    { write: (line) => void stream.write(redact(render(redact(line)))) },
  );
}
