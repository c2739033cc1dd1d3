import { hostname } from "node:os";
import { createAuthentik } from "../../clients/authentik/authentik.ts";
import { authentikLookup, strangerAt } from "../../clients/authentik/lookup.ts";
import { createCloudflare } from "../../clients/cloudflare/cloudflare.ts";
import { createDocker } from "../../clients/docker/docker.ts";
import type { Config } from "../../config/config.ts";
import { type ListenAddress, listenUrl } from "../../config/listen.ts";
import type { Terminal } from "../../core/terminal.ts";
import { jsonDocument } from "../../core/text/json-text.ts";
import { VERSION } from "../../core/version.ts";
import { createDoctorContext, type DoctorContext } from "../../doctor/context.ts";
import { createHttpProbe } from "../../doctor/http-probe.ts";
import { diagnosisJson } from "../../doctor/json.ts";
import { runChecks } from "../../doctor/run-checks.ts";
import { publishReport, scrubReport } from "../../doctor/scrub.ts";
import { settingSources } from "../../doctor/setting-sources.ts";
import { groupText, verdict } from "../../doctor/text.ts";
import { lookupParts } from "../../sources/authentik-lookup.ts";
import { createSource } from "../../sources/index.ts";
import { createListing } from "../../sources/listing.ts";
import type { Report } from "../../status/report.ts";
import { type Command, type CommandContext, withConfig } from "./command.ts";
import { fetchReport } from "./daemon-client.ts";

export const doctorCommand: Command = {
  name: "doctor",
  usage: "[--json] [--notify]",
  summary: "check everything cfauth needs, and show how to fix what is missing",
  help: `Checks settings, Docker, Cloudflare, the tunnel, Zero Trust, Authentik, the login and the routes. It changes nothing
and shows no secrets. To find out which permissions the Cloudflare token has, it sends empty writes to ids that do not
exist. It needs no running daemon; beside one, it also compares what the daemon knows.

  docker compose run --rm cfauth doctor        before the first start
  docker compose exec cfauth cfauth doctor     beside the daemon

  --json    for programs and bug reports, without public IP addresses; described in docs/commands.md
  --notify  also send a test message to each address in CFAUTH_NOTIFY_URL

Exit code: 0 cfauth can work (warnings included); 1 something keeps a route from working; 78 invalid settings.`,
  options: { json: { type: "boolean" }, notify: { type: "boolean" } },
  run: (context, { json, notify }) =>
    withConfig(context, (config) =>
      doctor(createContext(config, context, notify === true), context.out, json === true),
    ),
};

/**
 * Time limit of one request, in milliseconds. Shorter than a group's limit, so that the report
 * names the request that failed.
 */
const TIMEOUT_MS = 4_000;

function createContext(
  config: Config,
  { env, readText, stop: signal }: CommandContext,
  notify: boolean,
): DoctorContext {
  const { cloudflare, authentik } = config;
  const docker = createDocker(config.docker, { timeoutMs: TIMEOUT_MS, subscribeMs: TIMEOUT_MS });
  const { labels, imageLabels } = config;
  const source = createSource(config.source, {
    docker,
    log: { debug: () => {} },
    prefix: labels.prefix,
    imageLabels,
  });
  const listing = createListing(source, () => performance.now());
  const parts = lookupParts(authentik, { listing, machine: hostname() });
  return createDoctorContext({
    config,
    stranger: parts && (() => strangerAt(parts)),
    settingSources: settingSources(env, readText),
    docker,
    cloudflare: createCloudflare({
      token: cloudflare.token.reveal(),
      baseUrl: cloudflare.baseUrl,
      signal,
      timeoutMs: TIMEOUT_MS,
    }),
    authentik: createAuthentik({
      token: authentik.token.reveal(),
      url: authentik.apiUrl,
      lookup: parts && authentikLookup(parts),
      signal,
      timeoutMs: TIMEOUT_MS,
    }),
    visit: createHttpProbe(signal, TIMEOUT_MS),
    daemon: () => readReport(config.listen),
    now: Date.now(),
    stop: signal,
    notify: notify ? signal : undefined,
  });
}

/** The report of the daemon in the same container; undefined if none answers. */
async function readReport(listen: ListenAddress): Promise<Report | undefined> {
  try {
    const { ok, report } = await fetchReport(listenUrl(listen), 2_000);
    return ok && Array.isArray(report?.routes) ? (report as Report) : undefined;
  } catch {
    return undefined;
  }
}

/** @returns 1 if anything keeps a route from working, or if the command was stopped */
export async function doctor(context: DoctorContext, out: Terminal, json: boolean): Promise<0 | 1> {
  const { secrets } = context.config;
  if (!json) out.write(out.lines(`cfauth doctor ${VERSION}`));
  const waiting = createProgressLine(out, json);
  waiting.show();
  const { groups } = await runChecks(context, {
    onGroup: (group) => {
      if (json || context.stop.aborted) return;
      waiting.clear();
      out.write(groupText(scrubReport(group, secrets), out));
      waiting.show();
    },
  });
  waiting.clear();
  if (context.stop.aborted) {
    if (!json) out.write(out.lines("Stopped: not everything was checked."));
    return 1;
  }
  if (json) out.write(jsonDocument(diagnosisJson(publishReport({ groups }, secrets), VERSION)));
  else out.write(out.lines(verdict(groups)));
  return groups.some(({ result }) => result === "fail") ? 1 : 0;
}

/** A temporary progress line on a terminal; nothing in a file or a pipe. */
function createProgressLine(out: Terminal, json: boolean): { show(): void; clear(): void } {
  const shown = out.interactive && !json;
  return {
    show: () => shown && out.write(out.plain(out.paint("dim", "… checking"))),
    clear: () => shown && out.write(out.rewritten("")),
  };
}
