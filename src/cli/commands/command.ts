import type { ParseArgsOptionDescriptor } from "node:util";
import { type Config, readConfig } from "../../config/config.ts";
import { faultsText } from "../../config/fault.ts";
import type { Environment } from "../../config/read-environment.ts";
import type { Terminal } from "../../core/terminal.ts";

/** EX_CONFIG of sysexits.h. */
export const EXIT_INVALID_SETTINGS = 78;

/** What a command may touch of the process. */
export interface CommandContext {
  readonly env: Environment;
  /** For settings in files. @throws where it cannot be read */
  readonly readText: (path: string) => string;
  /** Standard output. */
  readonly out: Terminal;
  /** Standard error. */
  readonly err: Terminal;
  /** Aborted by SIGTERM or SIGINT. */
  readonly stop: AbortSignal;
  /** One line from whoever sits there; undefined where nobody does. */
  readonly ask: (question: string) => Promise<string | undefined>;
}

export interface Command {
  readonly name: string;
  /** After the command: `[--json]`. Empty where it takes nothing. */
  readonly usage: string;
  /** In the list of all commands. */
  readonly summary: string;
  /** What `--help` says below name and summary: what it does, its options, its exit codes, examples. Ends without a newline. */
  readonly help: string;
  readonly options: Readonly<Record<string, Pick<ParseArgsOptionDescriptor, "type" | "short">>>;
  /** @returns the exit code */
  run(context: CommandContext, given: CommandOptions): Promise<number>;
}

/** The options as they were given; a flag that was not is absent. */
export type CommandOptions = Readonly<Record<string, string | boolean | undefined>>;

/** Runs it with the settings; where these are faulty, says which, without their values. */
export async function withConfig(
  { env, readText, err }: CommandContext,
  run: (config: Config) => Promise<number>,
): Promise<number> {
  const settings = readConfig(env, readText);
  if (settings.ok) return run(settings.config);
  err.write(err.lines(...faultsText(settings.faults).trimEnd().split("\n")));
  return EXIT_INVALID_SETTINGS;
}
