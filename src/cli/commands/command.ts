import type { ParseArgsOptionDescriptor } from "node:util";
import { type Config, readConfig } from "../../config/config.ts";
import { formatFaults } from "../../config/fault.ts";
import type { Environment } from "../../config/read-environment.ts";
import type { Terminal } from "../../core/terminal.ts";

/** EX_CONFIG of sysexits.h. */
export const EXIT_INVALID_SETTINGS = 78;

/** The parts of the process that a command may use. */
export interface CommandContext {
  readonly env: Environment;
  /** Reads a settings file. @throws if it cannot be read */
  readonly readText: (path: string) => string;
  /** Standard output. */
  readonly out: Terminal;
  /** Standard error. */
  readonly err: Terminal;
  /** Aborted by SIGTERM or SIGINT. */
  readonly stop: AbortSignal;
  /** Asks for one line at the terminal; undefined if there is no terminal. */
  readonly ask: (question: string) => Promise<string | undefined>;
}

export interface Command {
  readonly name: string;
  /** The arguments: `[--json]`. Empty if there are none. */
  readonly usage: string;
  /** The line in the list of commands. */
  readonly summary: string;
  /**
   * The text of `--help` below name and summary: behaviour, options, exit codes, examples. No
   * newline at the end.
   */
  readonly help: string;
  readonly options: Readonly<Record<string, Pick<ParseArgsOptionDescriptor, "type" | "short">>>;
  /** @returns the exit code */
  run(context: CommandContext, given: CommandOptions): Promise<number>;
}

/** The given options. A flag that was not given is absent. */
export type CommandOptions = Readonly<Record<string, string | boolean | undefined>>;

/** Reads the settings and runs the command. Reports invalid settings without their values. */
export async function withConfig(
  { env, readText, err }: CommandContext,
  run: (config: Config) => Promise<number>,
): Promise<number> {
  const settings = readConfig(env, readText);
  if (settings.ok) return run(settings.config);
  err.write(err.lines(...formatFaults(settings.faults).trimEnd().split("\n")));
  return EXIT_INVALID_SETTINGS;
}
