import { type App, type AppOptions, createApp } from "../../app.ts";
import { createDocker } from "../../clients/docker/docker.ts";
import type { Config } from "../../config/config.ts";
import { ServiceError } from "../../core/errors.ts";
import { createSource } from "../../sources/index.ts";
import type { CommandContext } from "./command.ts";

const NO_LISTENER: AppOptions["watch"] = { planned: () => {}, changed: () => {}, passed: () => {} };

/**
 * Creates the app for a command that runs once.
 *
 * @throws {ServiceError} if Docker or the Cloudflare account cannot be read
 */
export const createOneShotApp = (
  config: Config,
  { stop }: CommandContext,
  more: Partial<AppOptions> = {},
): Promise<App> =>
  createApp({
    config,
    source: createSource(config.source, {
      docker: createDocker(config.docker),
      log: { debug: () => {} },
      prefix: config.labels.prefix,
      imageLabels: config.imageLabels,
    }),
    signal: stop,
    watch: NO_LISTENER,
    onCall: () => {},
    ...more,
  });

/** Runs the command. A service error that ends it is reported, and the exit code is 1. */
export async function reportServiceErrors(
  { stop, err }: Pick<CommandContext, "stop" | "err">,
  run: () => Promise<number>,
  report: (error: ServiceError) => void,
): Promise<number> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (wasNotStarted(error, stop)) err.write(err.lines("Stopped before anything was done."));
    else report(error);
    return 1;
  }
}

/** True if the request was not sent because the command was stopped. */
export const wasNotStarted = (
  { transient, outcomeUnknown }: Pick<ServiceError, "transient" | "outcomeUnknown">,
  stop: AbortSignal,
): boolean => stop.aborted && transient && !outcomeUnknown;
