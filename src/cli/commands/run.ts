import { type App, createApp } from "../../app.ts";
import { createDocker } from "../../clients/docker/docker.ts";
import type { Config } from "../../config/config.ts";
import { formatDockerAddress } from "../../config/docker-address.ts";
import { ServiceError } from "../../core/errors.ts";
import { VERSION } from "../../core/version.ts";
import { startServer } from "../../http/server.ts";
import { createLog, type Log } from "../../log/log.ts";
import { createMetrics, type Metrics } from "../../metrics/metrics.ts";
import { createNotifier } from "../../notify/notifier.ts";
import { backoff } from "../../reconcile/backoff.ts";
import type { PassListener } from "../../reconcile/controller.ts";
import { createScheduler, type RunResult } from "../../reconcile/scheduler.ts";
import type { VersionJump } from "../../resources/ingress-rule/journal.ts";
import { createSource } from "../../sources/index.ts";
import { buildReport, livenessFailure } from "../../status/build-report.ts";
import { createStatusCollector } from "../../status/collector.ts";
import { createDryRunLog } from "../../status/dry-run-log.ts";
import { createLogSink } from "../../status/log-sink.ts";
import { type Command, type CommandContext, withConfig } from "./command.ts";

export const runCommand: Command = {
  name: "run",
  usage: "",
  summary: "run the daemon; SIGTERM stops it and removes nothing",
  help: `Watches Docker and keeps tunnel, DNS, Access and Authentik in sync with the labels, until SIGTERM or Ctrl-C.
Open routes stay open when it stops: restarting cfauth interrupts no service. Status page and health checks are at
CFAUTH_LISTEN.

Exit code: 0 stopped; 1 the address in CFAUTH_LISTEN is in use; 78 invalid settings.`,
  options: {},
  run: (context) =>
    withConfig(context, (config) => run(config, logOf(config, context), context.stop)),
};

const logOf = ({ log, secrets }: Config, { out }: CommandContext): Log =>
  createLog({
    level: log.level,
    format: log.format,
    secrets,
    stream: { write: (text) => out.write(text), isTTY: out.interactive },
  });

/**
 * How long a running call may take after SIGTERM, in milliseconds. Docker kills the container after
 * ten seconds.
 */
const SHUTDOWN_TIMEOUT_MS = 4_000;

/** From this many failed passes in a row on, an unexpected error is logged as an error. */
const ERROR_THRESHOLD = 3;

/**
 * How long events are delayed at most while a failure is waited out, in milliseconds. Each event
 * would trigger a full observation, and containers that come and go all day would use up
 * Cloudflare's rate limit.
 */
const MAX_HOLD_MS = 30_000;

/**
 * How long the first pass waits for the event stream, in milliseconds. A socket proxy may refuse
 * the stream.
 */
const EVENT_STREAM_TIMEOUT_MS = 5_000;

/**
 * Runs the daemon until `stop`. It finishes the running call and removes nothing, so restarting
 * cfauth does not interrupt any service.
 */
export async function run(config: Config, log: Log, stop: AbortSignal): Promise<0 | 1> {
  const metrics = createMetrics({ version: VERSION, resyncMs: config.resyncMs });
  const onCall: Metrics["called"] = (service, call) => {
    log.debug({ service, ...call }, "called");
    metrics.called(service, call);
  };
  const source = createSource(config.source, {
    docker: createDocker(config.docker, { onCall: (call) => onCall("docker", call) }),
    log,
    prefix: config.labels.prefix,
    imageLabels: config.imageLabels,
  });
  let app: App | undefined;
  const notifier = createNotifier({
    targets: config.notify,
    owner: () => app?.owner ?? config.owner ?? "",
    dryRun: config.dryRun,
    log,
    onSent: metrics.notified,
  });
  const collector = createStatusCollector([createLogSink(log), metrics, notifier]);
  const logDryRun = createDryRunLog(log);
  let dockerUp = true;
  let failures = 0;
  /**
   * When the last pass ended, on the monotonic clock in milliseconds: the wall clock may be set
   * meanwhile.
   */
  let endedAt = 0;

  const markPassEnd = (): void => {
    endedAt = performance.now();
  };

  /**
   * Docker reconnects through its event stream, and listing is cheap, so events are not delayed
   * while Docker fails.
   */
  const holdMs = (nextMs: number): number =>
    collector.status().failing.has("docker") ? 0 : Math.min(nextMs, MAX_HOLD_MS);

  const reconcile = async (): Promise<Omit<RunResult, "changed">> => {
    try {
      app ??= await createApp({
        config,
        source,
        signal: stop,
        watch: ignoreAbortErrors(collector, stop, markPassEnd),
        onCall,
        onJump: createJumpLog(log),
        events: () => scheduler.requests(),
      });
      if (!collector.status().converged) await app.bootstrap();
      const next = await app.loop.reconcile();
      if (config.dryRun) logDryRun(await app.preview());
      failures = 0;
      return {
        nextMs: next,
        patient: app.loop.isPatient(),
        holdMs: app.loop.known() === undefined ? holdMs(next) : 0,
      };
    } catch (error) {
      if (stop.aborted) return { nextMs: 0 };
      failures += 1;
      if (error instanceof ServiceError) {
        collector.failed(error, Date.now());
        markPassEnd();
      } else log[failures < ERROR_THRESHOLD ? "warn" : "error"]({ err: error }, "pass failed");
      const restMs = error instanceof ServiceError ? error.retryAfterMs : undefined;
      const nextMs = backoff(failures, Math.random(), restMs);
      return { nextMs, holdMs: restMs ?? holdMs(nextMs) };
    }
  };
  const scheduler = createScheduler({
    run: async () => ({
      ...(await reconcile()),
      changed: (collector.status().last?.applied ?? 0) > 0,
    }),
  });
  const page = await startServer(
    {
      report: () =>
        buildReport({
          owner: app?.owner,
          dryRun: config.dryRun,
          status: collector.status(),
          dockerUp,
          now: Date.now(),
          locations: app && {
            account: app.account,
            authentik: config.authentik.url,
            slug: config.authentik.slug,
          },
          labelPrefix: config.labels.prefix,
        }),
      livenessFailure: () =>
        livenessFailure(
          collector.status(),
          config.resyncMs,
          (collector.status().last?.at ?? performance.timeOrigin) + performance.now() - endedAt,
        ),
      ready: () => collector.status().converged,
      notInForce: () =>
        collector.status().problems.some(({ code }) => code === "CFA-TUNNEL-BEHIND")
          ? NOT_IN_FORCE
          : undefined,
      metrics: metrics.exposition,
      failed: (error) => log.error({ err: error }, "page failed"),
    },
    config.listen,
  ).catch((error: unknown) =>
    log.fatal({ err: error, fix: "set CFAUTH_LISTEN to a free address" }, "page not opened"),
  );
  if (page === undefined) return 1;
  log.info(
    {
      version: VERSION,
      docker: formatDockerAddress(config.docker),
      port: page.port,
      dryRun: config.dryRun,
    },
    "started",
  );
  const events = source.watch(scheduler.requestRun, (up, fault) => {
    dockerUp = up;
    metrics.heard(up);
    // The stream ends now and then. If it is refused, cfauth notices changes only at each resync.
    const refused = fault !== undefined && !fault.transient;
    log[refused ? "warn" : "debug"](
      { err: fault },
      up ? "event stream open" : refused ? "event stream refused" : "event stream lost",
    );
  });
  await Promise.race([events.ready, elapsed(EVENT_STREAM_TIMEOUT_MS, stop)]);
  void scheduler.now();

  await aborted(stop);
  log.info("stopping");
  await Promise.all([
    Promise.race([Promise.all([events.close(), scheduler.close()]), elapsed(SHUTDOWN_TIMEOUT_MS)]),
    notifier.close(),
  ]);
  await page.close();
  return 0;
}

/** Answered under any hostname, so it contains no names. */
const NOT_IN_FORCE = "cloudflared still runs older rules";

/**
 * A person may edit the tunnel in the dashboard. A foreign write between our read and our write may
 * have been lost.
 */
const createJumpLog =
  (log: Log) =>
  ({ during, ...versions }: VersionJump): void =>
    log[during === "write" ? "warn" : "info"](
      versions,
      during === "write"
        ? "another writer came between our read and our write of the tunnel's rules"
        : "tunnel rules changed by another writer",
    );

/** Requests that were not sent because cfauth is stopping do not count as failures. */
const ignoreAbortErrors = (
  watch: PassListener,
  stop: AbortSignal,
  ended: () => void,
): PassListener => ({
  ...watch,
  changed: (change, error) =>
    error === undefined || !stop.aborted ? watch.changed(change, error) : undefined,
  passed: (outcome) => {
    watch.passed(
      stop.aborted
        ? { ...outcome, errors: [], end: outcome.end && { ...outcome.end, failures: [] } }
        : outcome,
    );
    ended();
  },
});

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((over) =>
    signal.aborted ? over() : signal.addEventListener("abort", () => over(), { once: true }),
  );

const elapsed = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((over) => {
    const timer = setTimeout(over, ms).unref();
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        over();
      },
      { once: true },
    );
  });
