/** Runs programs of the host: arguments as an array, never a shell. */

import { spawn } from "node:child_process";

interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Also print the program's output to the terminal. */
  readonly show?: boolean;
}

interface Ended {
  /** The exit code; 127 if the program is not installed, 128 if a signal ended it. */
  readonly code: number;
  /** stdout and stderr, in the order of arrival. */
  readonly output: string;
}

/** Runs a program to its end. A failure is in the code, not thrown. */
export function attempt(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const { cwd, env, show = false } = options;
    const child = spawn(program, args, {
      ...(cwd && { cwd }),
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const chunks: Buffer[] = [];
    const take = (chunk: Buffer): void => {
      chunks.push(chunk);
      if (show) process.stderr.write(chunk);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    child.on("error", (err: NodeJS.ErrnoException) =>
      err.code === "ENOENT" ? resolve({ code: 127, output: `${program}: not found` }) : reject(err),
    );
    child.on("close", (code) =>
      resolve({ code: code ?? 128, output: Buffer.concat(chunks).toString("utf8") }),
    );
  });
}

/**
 * Runs a program and returns its output.
 * @throws {Error} with the last lines of its output if it does not exit with 0
 */
export async function command(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { code, output } = await attempt(program, args, options);
  if (code === 0) return output;
  throw new Error(`${[program, ...args].join(" ")} ended with ${code}:\n${lastLines(output)}`);
}

export async function installed(program: string): Promise<boolean> {
  return (await attempt(program, ["--version"])).code !== 127;
}

export function lastLines(text: string, count = 15): string {
  return text.trimEnd().split("\n").slice(-count).join("\n");
}
