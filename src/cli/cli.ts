import { parseArgs } from "node:util";
import { docsUrl } from "../core/links.ts";
import { closestMatch } from "../core/text/closest-match.ts";
import { VERSION } from "../core/version.ts";
import { applyCommand } from "./commands/apply.ts";
import type { Command, CommandContext, CommandOptions } from "./commands/command.ts";
import { destroyCommand } from "./commands/destroy.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { healthcheckCommand } from "./commands/healthcheck.ts";
import { planCommand } from "./commands/plan.ts";
import { printLines } from "./commands/print.ts";
import { runCommand } from "./commands/run.ts";
import { statusCommand } from "./commands/status.ts";

/** EX_USAGE of sysexits.h. */
const EX_USAGE = 64;

/** In the order in which a new user needs them. */
export const COMMANDS: readonly Command[] = [
  runCommand,
  doctorCommand,
  statusCommand,
  planCommand,
  applyCommand,
  destroyCommand,
  healthcheckCommand,
];

/** @param argv - the arguments, without program and script @returns the exit code */
export async function cli(argv: readonly string[], context: CommandContext): Promise<number> {
  const invocation = parseInvocation(argv);
  if ("fault" in invocation) {
    context.err.write(context.err.lines(`cfauth: ${invocation.fault}`));
    return EX_USAGE;
  }
  if ("text" in invocation) {
    context.out.write(context.out.lines(...invocation.text.trimEnd().split("\n")));
    return 0;
  }
  try {
    return await invocation.command.run(context, invocation.given);
  } catch (error) {
    printLines(context.err, ...unexpectedErrorLines(error));
    return 1;
  }
}

/**
 * Prints only name, message and stack of an unexpected error. Node would print all its fields,
 * including headers with tokens.
 */
function unexpectedErrorLines(error: unknown): readonly string[] {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  const frames = (stack ?? "")
    .replace(message, "")
    .split("\n")
    .filter((line) => /^ +at /.test(line));
  return [`cfauth failed unexpectedly; please report these lines: ${name}: ${message}`, ...frames];
}

type Invocation =
  | { readonly command: Command; readonly given: CommandOptions }
  | { readonly text: string }
  | { readonly fault: string };

const COMMON = {
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "v" },
} as const;

function parseInvocation(argv: readonly string[]): Invocation {
  const at = argv.findIndex((word) => !word.startsWith("-"));
  const word = argv[at] ?? "run";
  const rest = at === -1 ? argv : argv.toSpliced(at, 1);
  if (word === "help") return parseHelp(rest);
  const command = COMMANDS.find(({ name }) => name === word);
  if (command === undefined) return { fault: unknownCommand(word) };
  const options: Command["options"] = { ...COMMON, ...command.options };
  const { tokens } = parseArgs({
    args: [...rest],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind === "positional")
      return { fault: `unexpected argument "${token.value}"; ${helpHint(command)}` };
    if (token.kind !== "option") continue;
    const known = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (known === undefined) return { fault: unknownOption(token.rawName, command, at === -1) };
    if (known.type === "boolean" && token.value !== undefined)
      return { fault: `${token.rawName} takes no value; ${helpHint(command)}` };
    if (known.type === "string" && token.value === undefined)
      return { fault: `${token.rawName} needs a value; ${helpHint(command)}` };
  }
  const { values } = parseArgs({ args: [...rest], options });
  if (values.version === true) return { text: `${VERSION}\n` };
  if (values.help === true) return { text: at === -1 ? overview() : helpOf(command) };
  return { command, given: values as CommandOptions };
}

function parseHelp(words: readonly string[]): Invocation {
  const [name, more] = words;
  if (name === undefined || name.startsWith("-")) return { text: overview() };
  const command = COMMANDS.find((it) => it.name === name);
  if (command === undefined) return { fault: unknownCommand(name) };
  return more === undefined
    ? { text: helpOf(command) }
    : { fault: `unexpected argument "${more}"; write cfauth help ${name}` };
}

const unknownCommand = (word: string): string => {
  const closest = closestMatch(
    word,
    COMMANDS.map(({ name }) => name),
  );
  return `unknown command "${word}"; ${closest === undefined ? "cfauth --help lists all commands" : `did you mean cfauth ${closest}?`}`;
};

function unknownOption(raw: string, command: Command, bare: boolean): string {
  const names = [...Object.keys(command.options), ...Object.keys(COMMON)];
  const near = closestMatch(raw.replace(/^-+/, ""), names);
  const of = bare ? "cfauth" : `cfauth ${command.name}`;
  return `unknown option ${raw} for ${of}; ${near === undefined ? helpHint(command) : `did you mean --${near}?`}`;
}

const helpHint = ({ name }: Command): string => `see cfauth ${name} --help`;

const usageLine = ({ name, usage }: Command): string =>
  `cfauth ${name}${usage === "" ? "" : ` ${usage}`}`;

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  return [
    `cfauth ${VERSION}: one Docker label gives a container a public hostname behind an Authentik login.`,
    "",
    ...COMMANDS.map(({ name, summary }) => `  cfauth ${name.padEnd(width)}  ${summary}`),
    "",
    "Without a command, cfauth runs the daemon. cfauth <command> --help describes a command.",
    `Settings are environment variables; NAME_FILE reads one from a file. Invalid settings exit with code 78.`,
    docsUrl("settings.md"),
    "",
  ].join("\n");
}

const helpOf = (command: Command): string =>
  [`${usageLine(command)}: ${command.summary}`, "", command.help, ""].join("\n");
