import { readFileSync } from "node:fs";
import { cli } from "./cli/cli.ts";
import { flushed } from "./cli/flush.ts";
import { createPrompt } from "./cli/prompt.ts";
import { createTerminal } from "./core/terminal.ts";

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());

/** Ignore EPIPE (for example behind `| head`) and let the command finish. */
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

const code = await cli(process.argv.slice(2), {
  env: process.env,
  readText: (path) => readFileSync(path, "utf8"),
  out: createTerminal(process.stdout, process.env),
  err: createTerminal(process.stderr, process.env),
  stop: stop.signal,
  ask: createPrompt(process.stdin, process.stdout, stop.signal),
});
await flushed([process.stdout, process.stderr], stop.signal);
process.exit(code);
