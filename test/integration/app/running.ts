/** `cfauth run` within this process, for tests with a minimal fake engine. */
import { expect } from "vitest";
import { run } from "../../../src/cli/commands/run.ts";
import { readConfig } from "../../../src/config/config.ts";
import { createLog } from "../../../src/log/log.ts";
import { until } from "../../support/until.ts";

export interface Running extends AsyncDisposable {
  /** The log lines, in order. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** The address of the status page, without a trailing slash. */
  readonly url: string;
}

/** Starts the daemon and waits until its page is open. Disposing it asserts that it exits with 0. */
export async function running(environment: Readonly<Record<string, string>>): Promise<Running> {
  const settings = {
    CFAUTH_OWNER: "app",
    CFAUTH_LISTEN: "127.0.0.1:0",
    CFAUTH_RESYNC_INTERVAL: "1s",
  };
  const read = readConfig({ ...settings, ...environment }, () => "");
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  const { config } = read;
  const lines: Record<string, unknown>[] = [];
  const stream = { write: (line: string) => lines.push(JSON.parse(line)) };
  const stop = new AbortController();
  const over = run(
    config,
    createLog({ level: "info", format: "json", secrets: config.secrets, stream }),
    stop.signal,
  );
  await until(() => lines.some(({ msg }) => msg === "started"), "the page is open");
  return {
    lines,
    url: `http://127.0.0.1:${lines.find(({ msg }) => msg === "started")?.["port"]}`,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      expect(await over).toBe(0);
    },
  };
}
