/**
 * Sends eight requests at once, with the real clients, to a server that answers badly. Prints how they ended and how much memory
 * the process had at most. It is a process of its own, because memory is counted per process.
 *
 *     node child.js cloudflare http://127.0.0.1:1234
 */
import { z } from "zod";
import { createAuthentik } from "../../../../src/clients/authentik/authentik.ts";
import { createCloudflare } from "../../../../src/clients/cloudflare/cloudflare.ts";
import { createDocker } from "../../../../src/clients/docker/docker.ts";
import { ServiceError } from "../../../../src/core/errors.ts";
import { secret } from "../../../../src/core/secret.ts";
import { createHttpProbe } from "../../../../src/doctor/http-probe.ts";
import { sendTest } from "../../../../src/notify/test-message.ts";
import { ListedContainer } from "../../../../src/sources/docker/container.ts";
import { watchEvents } from "../../../../src/sources/docker/watch.ts";
import { weighLabelsOf } from "../../../../src/sources/docker/weigh-label.ts";
import type { MemoryReport } from "./report.ts";

const [client = "", url = "", times = "8", timeoutMs = "5000"] = process.argv.slice(2);
/** At most 64 KiB each, about 200 MB in all. */
const CHUNKS_HEARD = 4_000;

const Anything = z.looseObject({});
const signal = new AbortController().signal;

const { hostname: host, port } = new URL(url);
const cloudflare = createCloudflare({ token: "t", baseUrl: url, timeoutMs: 5_000, backoffMs: 1 });
const authentik = createAuthentik({ token: "t", url, timeoutMs: 5_000, backoffMs: 1 });
const docker = createDocker(
  { kind: "tcp", host, port: Number(port), tls: undefined },
  { timeoutMs: Number(timeoutMs) },
);

const asks: Readonly<Record<string, () => Promise<string>>> = {
  cloudflare: () =>
    fault(
      cloudflare.list("tags.list", Anything, (sdk, page) =>
        sdk.zeroTrust.access.tags.list({ account_id: "a", ...page }),
      ),
    ),
  authentik: () => fault(authentik.list("groups.list", Anything, { path: "/core/groups/" })),
  docker: () => fault(docker.containers(z.array(ListedContainer), weighLabelsOf("cfauth"))),
  image: () => fault(docker.image(`sha256:${"0".repeat(64)}`, Anything)),
  network: () => fault(docker.network("tunnel", Anything)),
  events: () => followed(),
  notification: async () => {
    const target = { format: "json", name: "json at stub", url: secret(url) } as const;
    const [sent] = await sendTest([target], { at: 0, owner: "o" }, signal, 5_000);
    return sent?.delivered === false ? sent.why : "delivered";
  },
  page: async () => {
    const page = await createHttpProbe(signal, 5_000)(url);
    return "why" in page ? page.why : `${page.status}, ${page.body.length} characters`;
  },
};

/** Follows an endless event stream for at least as long as a pass takes. */
async function followed(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let heard = 0;
  const watch = watchEvents({
    docker,
    log: { debug: () => {} },
    onChange: () => {
      heard += 1;
      if (heard === CHUNKS_HEARD) resolve();
    },
    onState: () => {},
  });
  await promise;
  await watch.close();
  return "heard to the end";
}

async function fault(call: Promise<unknown>): Promise<string> {
  try {
    await call;
    return "no fault";
  } catch (error) {
    if (error instanceof ServiceError)
      return `${error.code} ${error.transient ? "transient" : "terminal"}: ${error.message}`;
    throw error;
  }
}

const ask = asks[client];
if (ask === undefined) throw new Error(`unknown client ${client}`);
const ends = await Promise.all(Array.from({ length: Number(times) }, ask));
const report: MemoryReport = {
  ends: [...new Set(ends)],
  peakMiB: process.resourceUsage().maxRSS / 1024,
};
process.stdout.write(JSON.stringify(report), () => process.exit(0));
