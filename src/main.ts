import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { apply } from "./commands/apply.ts";
import { healthcheck } from "./commands/healthcheck.ts";
import { run } from "./commands/run.ts";
import { faultsText } from "./config/fault.ts";
import { gather } from "./config/gather.ts";
import { type Config, readConfig } from "./config.ts";
import { nearest } from "./domain/nearest.ts";
import { parseListen } from "./http/listen.ts";
import { createLog } from "./log.ts";
import { VERSION } from "./version.ts";

/** EX_CONFIG of sysexits.h. */
const FAULTY_SETTINGS = 78;

const HELP = `cfauth ${VERSION}: one Docker label gives a container a public hostname that only Authentik logins pass.

  cfauth [run]        the daemon; it ends on SIGTERM and tears nothing down
  cfauth apply        one convergence, then it ends: 0 done, 1 something failed
  cfauth healthcheck  whether the daemon beside it is well: 0 yes, 1 no
  cfauth --help, --version

Settings come from the environment; faulty ones end it with 78.
`;

const COMMANDS = ["run", "apply", "healthcheck"] as const;
const LATER = ["plan", "doctor", "status", "destroy"];

async function main(argv: readonly string[]): Promise<number> {
  const asked = read(argv);
  if ("fault" in asked) return fail(asked.fault);
  if (asked.help) return out(HELP);
  if (asked.version) return out(`${VERSION}\n`);
  if (asked.command === "healthcheck") return healthcheck(address());
  const settings = readConfig(process.env, readText);
  if (!settings.ok) {
    process.stderr.write(faultsText(settings.faults));
    return FAULTY_SETTINGS;
  }
  const stop = stopping();
  if (asked.command === "apply") return apply(settings.config, (line) => void process.stdout.write(`${line}\n`), stop);
  return run(settings.config, logOf(settings.config), stop);
}

type Asked =
  | { readonly command: (typeof COMMANDS)[number]; readonly help: boolean; readonly version: boolean }
  | { readonly fault: string };

function read(argv: readonly string[]): Asked {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { help: { type: "boolean", short: "h" }, version: { type: "boolean", short: "v" } },
    });
    const [word = "run", more] = positionals;
    if (more !== undefined) return { fault: `"${more}" is one word too many` };
    const command = COMMANDS.find((it) => it === word);
    if (command !== undefined) return { command, help: values.help ?? false, version: values.version ?? false };
    if (LATER.includes(word)) return { fault: `"${word}" is not supported yet by this version` };
    const near = nearest(word, COMMANDS);
    return { fault: `"${word}" is not a command${near === undefined ? "" : `; write cfauth ${near}`}` };
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }
}

function fail(fault: string): number {
  process.stderr.write(`${fault}\n\n${HELP}`);
  return 64;
}

function out(text: string): number {
  process.stdout.write(text);
  return 0;
}

/** The health check runs without the daemon's secrets, so it reads one setting alone. */
function address(): string {
  const { texts } = gather(process.env, ["CFAUTH_LISTEN"], readText);
  const listen = parseListen(texts["CFAUTH_LISTEN"] ?? "0.0.0.0:8080");
  const { host = "0.0.0.0", port } = listen.ok ? listen.value : { port: 8080 };
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host.includes(":") ? `[${host}]` : host;
  return `http://${reachable}:${port}`;
}

const readText = (path: string): string => readFileSync(path, "utf8");

const logOf = (config: Config) =>
  createLog({
    level: config.log.level,
    format: config.log.format,
    secrets: config.secrets,
    stream: process.stdout,
  });

function stopping(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}

process.exit(await main(process.argv.slice(2)));
