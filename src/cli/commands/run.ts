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
import { createDockerSource } from "../../sources/index.ts";
import { buildReport, livenessFailure } from "../../status/build-report.ts";
import { createStatusCollector } from "../../status/collector.ts";
import { createDryRunLog } from "../../status/dry-run-log.ts";
import { createLogSink } from "../../status/log-sink.ts";
import { type Command, type CommandContext, withConfig } from "./command.ts";

export const runCommand: Command = {
  name: "run",
  usage: "",
  summary: "the daemon; it ends on SIGTERM and tears nothing down",
  help: "Watches Docker and keeps tunnel, DNS, Access and Authentik as the labels say, until it is told to end (SIGTERM, Ctrl-C).\nWhat stands stays: restarting cfauth takes no service off the net. Status page and health are at CFAUTH_LISTEN.\n\nExit code: 0 told to end, 1 the page's address is taken, 78 faulty settings.",
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

/** How long a call under way may take after SIGTERM, in milliseconds; Docker kills after ten seconds. */
const LAST_CALL_MS = 4_000;

/** So many passes in a row that ended in something nobody has foreseen are no accident. */
const ONE_TOO_MANY = 3;

/**
 * How long events are held up at most while a failure is waited out, in milliseconds: each would have everything looked at anew,
 * and containers that come and go all day would use up Cloudflare's limit.
 */
const HOLD_MS = 30_000;

/** How long the first look waits for the event stream, in milliseconds: behind a proxy that refuses it there is none. */
const STREAM_MS = 5_000;

/**
 * The daemon. Ends when told to, with the call under way finished and nothing torn down: restarting cfauth takes no service
 * off the net.
 */
export async function run(config: Config, log: Log, stop: AbortSignal): Promise<0 | 1> {
  const metrics = createMetrics({ version: VERSION, resyncMs: config.resyncMs });
  const onCall: Metrics["called"] = (service, call) => {
    log.debug({ service, ...call }, "called");
    metrics.called(service, call);
  };
  const source = createDockerSource({
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
  const watch = createStatusCollector([createLogSink(log), metrics, notifier]);
  const rehearse = createDryRunLog(log);
  let dockerUp = true;
  let failures = 0;
  /** When the last pass ended, in milliseconds after the start: the time of day may be set meanwhile. */
  let endedAt = 0;

  const ended = (): void => {
    endedAt = performance.now();
  };

  /** An engine that is back is heard by its events, and to ask it costs nothing. */
  const hold = (nextMs: number): number =>
    watch.status().failing.has("docker") ? 0 : Math.min(nextMs, HOLD_MS);

  const turn = async (): Promise<Omit<RunResult, "changed">> => {
    try {
      app ??= await createApp({
        config,
        source,
        signal: stop,
        watch: untilStopped(watch, stop, ended),
        onCall,
        onJump: jumpLog(log),
        events: () => trigger.requests(),
      });
      if (!watch.status().converged) await app.bootstrap();
      const next = await app.loop.reconcile();
      if (config.dryRun) rehearse(await app.preview());
      failures = 0;
      return {
        nextMs: next,
        patient: app.loop.isPatient(),
        holdMs: app.loop.known() === undefined ? hold(next) : 0,
      };
    } catch (error) {
      if (stop.aborted) return { nextMs: 0 };
      failures += 1;
      if (error instanceof ServiceError) {
        watch.failed(error, Date.now());
        ended();
      } else log[failures < ONE_TOO_MANY ? "warn" : "error"]({ err: error }, "pass failed");
      const restMs = error instanceof ServiceError ? error.retryAfterMs : undefined;
      const nextMs = backoff(failures, Math.random(), restMs);
      return { nextMs, holdMs: restMs ?? hold(nextMs) };
    }
  };
  const trigger = createScheduler({
    run: async () => ({ ...(await turn()), changed: (watch.status().last?.applied ?? 0) > 0 }),
  });
  const page = await startServer(
    {
      report: () =>
        buildReport({
          owner: app?.owner,
          dryRun: config.dryRun,
          status: watch.status(),
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
          watch.status(),
          config.resyncMs,
          (watch.status().last?.at ?? performance.timeOrigin) + performance.now() - endedAt,
        ),
      ready: () => watch.status().converged,
      notInForce: () =>
        watch.status().problems.some(({ code }) => code === "CFA-TUNNEL-BEHIND")
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
  const events = source.watch(trigger.requestRun, (up, fault) => {
    dockerUp = up;
    metrics.heard(up);
    // An engine or a proxy ends it now and then; one that refuses it makes cfauth look only at each resync.
    const refused = fault !== undefined && !fault.transient;
    log[refused ? "warn" : "debug"](
      { err: fault },
      up ? "event stream open" : refused ? "event stream refused" : "event stream lost",
    );
  });
  await Promise.race([events.ready, elapsed(STREAM_MS, stop)]);
  void trigger.now();

  await aborted(stop);
  log.info("stopping");
  await Promise.all([
    Promise.race([Promise.all([events.close(), trigger.close()]), elapsed(LAST_CALL_MS)]),
    notifier.close(),
  ]);
  await page.close();
  return 0;
}

/** Answered under any name, so it names nothing. */
const NOT_IN_FORCE = "cloudflared runs older rules than those that were written";

/** A person may edit the tunnel in the dashboard; a write that comes between our read and our write may have been lost. */
const jumpLog =
  (log: Log) =>
  ({ during, ...versions }: VersionJump): void =>
    log[during === "write" ? "warn" : "info"](
      versions,
      during === "write"
        ? "another writer came between our read and our write of the tunnel's rules"
        : "tunnel rules changed by another writer",
    );

/** What is not sent any more, since cfauth is told to end, is no failure of anybody's. */
const untilStopped = (watch: PassListener, stop: AbortSignal, ended: () => void): PassListener => ({
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
