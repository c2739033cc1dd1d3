import { type App, type AppOptions, createApp } from "../app.ts";
import { createDocker } from "../clients/docker.ts";
import type { Config } from "../config.ts";
import { WorldError } from "../errors.ts";
import { createDockerSource } from "../sources/index.ts";
import type { Context } from "./command.ts";

const unwatched: AppOptions["watch"] = { planned: () => {}, changed: () => {}, passed: () => {} };

/** All parts together, for a command that runs once. @throws {WorldError} when engine or account cannot be asked */
export const opened = (config: Config, { stop }: Context, more: Partial<AppOptions> = {}): Promise<App> =>
  createApp({
    config,
    source: createDockerSource({
      docker: createDocker(config.docker),
      log: { debug: () => {} },
      prefix: config.labels.prefix,
      imageLabels: config.imageLabels,
    }),
    signal: stop,
    watch: unwatched,
    onCall: () => {},
    ...more,
  });

/** Runs it; what of the world keeps it from its end is told, and the exit code is 1 then. */
export async function orTold(
  { stop, err }: Pick<Context, "stop" | "err">,
  run: () => Promise<number>,
  tell: (error: WorldError) => void,
): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    if (unbegun(error, stop)) err.write(err.lines("Stopped before anything was done."));
    else tell(error);
    return 1;
  }
}

/** Whether it is no fault of anybody's, but was not begun since cfauth was told to end. */
export const unbegun = ({ transient, doubtful }: Pick<WorldError, "transient" | "doubtful">, stop: AbortSignal): boolean =>
  stop.aborted && transient && !doubtful;
