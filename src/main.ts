import { readFileSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { cli } from "./cli.ts";
import { createTerminal } from "./terminal.ts";

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());

/** Nobody reads on, as behind `| head`: what is under way comes to its end, unheard. */
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

async function ask(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return undefined;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return await lines.question(question, { signal: stop.signal });
  } finally {
    lines.close();
  }
}

process.exit(
  await cli(process.argv.slice(2), {
    env: process.env,
    readText: (path) => readFileSync(path, "utf8"),
    out: createTerminal(process.stdout, process.env),
    err: createTerminal(process.stderr, process.env),
    stop: stop.signal,
    ask,
  }),
);
