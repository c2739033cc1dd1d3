/** The real daemon as a process, and its output. */
import { type ChildProcess, spawn } from "node:child_process";
import { join, resolve } from "node:path";
import type { Report } from "../../src/status/report.ts";

const ROOT = resolve(import.meta.dirname, "../..");

export interface Line {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface Daemon extends AsyncDisposable {
  /** The log lines, in order. */
  readonly lines: readonly Line[];
  /** The address of its page, without a trailing slash. */
  url(): string;
  report(): Promise<Report>;
  ready(): Promise<boolean>;
  /** @returns the exit code; undefined if a signal ended it */
  stop(signal?: NodeJS.Signals): Promise<number | undefined>;
  readonly exited: Promise<number | undefined>;
  kill(): void;
}

/** The bundled program if one was built before the tests, else `src/main.ts`. */
const PROGRAM = process.env["CFAUTH_TEST_PROGRAM"] ?? join(ROOT, "src/main.ts");

/** Starts `cfauth` with these settings and nothing else of this process's environment. */
export function cli(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): ChildProcess {
  return spawn(process.execPath, [PROGRAM, ...args], {
    env: {
      PATH: process.env["PATH"],
      HOME: process.env["HOME"],
      ...(process.env["DOCKER_HOST"] && { DOCKER_HOST: process.env["DOCKER_HOST"] }),
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
}

export async function startDaemon(environment: Readonly<Record<string, string>>): Promise<Daemon> {
  // The daemon picks a free port and logs it. A port chosen here might be taken by then.
  const child = cli(["run"], { LOG_FORMAT: "json", CFAUTH_LISTEN: "127.0.0.1:0", ...environment });
  const lines: Line[] = [];
  let rest = "";
  const take = (chunk: Buffer): void => {
    const texts = (rest + chunk.toString("utf8")).split("\n");
    rest = texts.pop() ?? "";
    lines.push(
      ...texts
        .filter((text) => text !== "")
        .map((text) =>
          text.startsWith("{") ? (JSON.parse(text) as Line) : { level: "stderr", msg: text },
        ),
    );
  };
  child.stdout?.on("data", take);
  child.stderr?.on("data", take);
  const exited = new Promise<number | undefined>((over) =>
    child.once("exit", (code) => over(code ?? undefined)),
  );
  const stop = (signal: NodeJS.Signals = "SIGTERM"): Promise<number | undefined> => {
    child.kill(signal);
    return exited;
  };
  const url = (): string =>
    `http://127.0.0.1:${lines.find(({ msg }) => msg === "started")?.["port"]}`;
  const get = (path: string): Promise<Response> => fetch(`${url()}${path}`);
  return {
    lines,
    url,
    report: async () => (await (await get("/api/routes")).json()) as Report,
    ready: async () => (await get("/readyz").catch(() => undefined))?.ok ?? false,
    stop,
    exited,
    kill: () => void child.kill("SIGKILL"),
    [Symbol.asyncDispose]: async () => void (await stop("SIGKILL")),
  };
}

/** Repeats until the condition holds. @throws after `ms` milliseconds, with the last answer or error */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  ms = 60_000,
): Promise<NonNullable<T>> {
  let last: unknown;
  for (
    const end = Date.now() + ms;
    Date.now() < end;
    await new Promise((over) => setTimeout(over, 50))
  ) {
    try {
      const answer = await ask();
      if (answer) return answer;
      last = answer;
    } catch (error) {
      last = error;
    }
  }
  throw new Error(`not within ${ms} ms: ${what}`, { cause: last });
}
