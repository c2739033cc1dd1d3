/** How much memory cfauth needs whatever a service answers. The bundle is measured, because Node's compiler would count otherwise. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  badServer,
  bombOf,
  containers,
  endless,
  type Misbehaviour,
  whole,
  zipped,
} from "./bad-server.ts";
import type { MemoryReport } from "./report.ts";

const run = promisify(execFile);
const ROOT = resolve(import.meta.dirname, "../../../..");
const MOST_MIB = 200;

/** Long enough for 300 MB on a busy machine. */
const TIMEOUT_MS = 300_000;

const figure = (text: string): void => console.log(`figure: ${text}`);

let folder = "";
let child = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "cfauth-memory-"));
  child = join(folder, "child.js");
  const entry = join(import.meta.dirname, "child.ts");
  await run(
    process.execPath,
    [join(ROOT, "tools/ci/build.ts"), "--entry", entry, "--outfile", child],
    { cwd: ROOT },
  );
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface Case {
  readonly client:
    | "cloudflare"
    | "authentik"
    | "docker"
    | "image"
    | "network"
    | "events"
    | "notification"
    | "page";
  readonly what: string;
  readonly behave: Misbehaviour | Promise<Misbehaviour>;
  readonly ends: string | RegExp;
  /** How many requests at once; eight by default. */
  readonly times?: number;
  /** The timeout for Docker's answers; 5,000 by default, so that a slow case does not affect another one. */
  readonly timeoutMs?: number;
}

const page = (client: "cloudflare" | "authentik", number: number): string => {
  const items = Array.from({ length: 100 }, (_, index) => ({
    name: `${number}-${index}`,
    text: "x".repeat(400),
  }));
  return JSON.stringify(
    client === "cloudflare"
      ? {
          success: true,
          errors: [],
          messages: [],
          result: items,
          result_info: { page: number, per_page: 100 },
        }
      : { pagination: { next: number + 1 }, results: items },
  );
};

/** A million small objects: little text, but a lot of memory once parsed. */
const crumbs = (beginning: string, end: string): string =>
  `${beginning}${"{},".repeat(1_000_000)}{}${end}`;
const deep = (beginning: string, end: string): string =>
  `${beginning}${"[".repeat(1_000_000)}${"]".repeat(1_000_000)}${end}`;

const ENVELOPE = '{"success":true,"errors":[],"messages":[],"result":';
const AUTHENTIK_PAGE = '{"pagination":{"next":0},"results":';
const OF_CLOUDFLARE = "Cloudflare sent more than cfauth accepts when asked to list the Access tags";

/** cfauth lists the containers only once at a time. */
const ONE_LIST = { times: 1, timeoutMs: 120_000 } as const;

const cases: readonly Case[] = [
  {
    client: "cloudflare",
    what: "300 kB that unpack to 300 MB",
    behave: bombOf(ENVELOPE).then(zipped),
    ends: `CFA-CF-REFUSED terminal: ${OF_CLOUDFLARE}: the answer is larger than 4 MiB`,
  },
  {
    client: "cloudflare",
    what: "a refusal that unpacks to 300 MB",
    behave: bombOf(ENVELOPE).then((body) => zipped(body, 403)),
    ends: /^CFA-CF-REFUSED terminal: .* larger than 4 MiB$/,
  },
  {
    client: "cloudflare",
    what: "a body without an end",
    behave: endless(ENVELOPE),
    ends: /^CFA-CF-REFUSED terminal: .* larger than 4 MiB$/,
  },
  {
    client: "cloudflare",
    what: "a refusal without an end",
    behave: endless(ENVELOPE, 500),
    ends: /^CFA-CF-REFUSED terminal: .* larger than 4 MiB$/,
  },
  {
    client: "cloudflare",
    what: "a list without an end",
    behave: (response, number) => whole(page("cloudflare", number))(response, number),
    ends: /^CFA-CF-REFUSED terminal: .*: the list (is|and the other lists together are) larger than/,
  },
  {
    client: "cloudflare",
    what: "a million values",
    behave: whole(crumbs(`${ENVELOPE}[`, "]}")),
    ends: /the answer is larger than 400,000 values$/,
  },
  {
    client: "cloudflare",
    what: "a million lists within one another",
    behave: whole(deep(ENVELOPE, "}")),
    ends: /the answer is nested deeper than 64 levels$/,
  },
  {
    client: "authentik",
    what: "300 kB that unpack to 300 MB",
    behave: bombOf(AUTHENTIK_PAGE).then(zipped),
    ends: /^CFA-AK-REFUSED terminal: Authentik at .* sent more than cfauth accepts when asked to list the groups: the answer is larger than 4 MiB$/,
  },
  {
    client: "authentik",
    what: "a body without an end",
    behave: endless(AUTHENTIK_PAGE),
    ends: /^CFA-AK-REFUSED terminal: .* larger than 4 MiB$/,
  },
  {
    client: "authentik",
    what: "a refusal without an end",
    behave: endless("{", 403),
    ends: /^CFA-AK-REFUSED terminal: .* larger than 4 MiB$/,
  },
  {
    client: "authentik",
    what: "a list without an end",
    behave: (response, number) => whole(page("authentik", number))(response, number),
    ends: /^CFA-AK-REFUSED terminal: .*: the list (is|and the other lists together are) larger than/,
  },
  {
    client: "authentik",
    what: "a million values",
    behave: whole(crumbs(`${AUTHENTIK_PAGE}[`, "]}")),
    ends: /the answer is larger than 400,000 values$/,
  },
  {
    client: "docker",
    what: "a body without an end",
    behave: endless("["),
    ends: /^CFA-DOCKER-UNREACHABLE terminal: .* the answer has an item that is larger than 4096 KiB .*; nothing is torn down$/,
  },
  {
    client: "docker",
    what: "a label without an end",
    behave: endless('[{"Labels":{"cfauth.app.name":"'),
    ends: /^CFA-DOCKER-UNREACHABLE (transient: Docker does not answer|terminal: .* the answer is larger than 1024 MiB)/,
    times: 1,
  },
  {
    client: "docker",
    what: "a refusal without an end",
    behave: endless("{", 500),
    ends: /^CFA-DOCKER-UNREACHABLE transient: Docker does not answer .*status 500/,
  },
  {
    client: "docker",
    what: "a million containers",
    behave: whole(crumbs("[", "]")),
    ends: /the answer is larger than 8 MiB; nothing is torn down$/,
  },
  {
    client: "docker",
    what: "300 containers with 1 MB of labels each",
    behave: containers(300, 10, 100_000),
    ends: "no fault",
    ...ONE_LIST,
  },
  {
    client: "docker",
    what: "30 containers with 100,000 labels each",
    behave: containers(30, 100_000, 80),
    ends: "no fault",
    ...ONE_LIST,
  },
  ...(["image", "network"] as const).flatMap((client): readonly Case[] => [
    {
      client,
      what: "a body without an end",
      behave: endless("{"),
      ends: /^CFA-DOCKER-UNREACHABLE terminal: .* the answer is larger than 4 MiB; nothing is torn down$/,
    },
    {
      client,
      what: "a million values",
      behave: whole(crumbs('{"x":[', "]}")),
      ends: /the answer is larger than 200,000 values; nothing is torn down$/,
    },
  ]),
  {
    client: "events",
    what: "one line without an end",
    behave: endless('{"Type":"'),
    ends: "heard to the end",
    times: 1,
  },
  {
    client: "notification",
    what: "a receipt without an end",
    behave: endless(""),
    ends: "delivered",
  },
  {
    client: "notification",
    what: "a receipt that unpacks to 300 MB",
    behave: bombOf("").then(zipped),
    ends: "delivered",
  },
  {
    client: "notification",
    what: "a refusal without an end",
    behave: endless("", 403),
    ends: "it rejects the token (403)",
  },
  {
    client: "page",
    what: "a page without an end",
    behave: endless("<html>"),
    ends: "200, 65536 characters",
  },
  {
    client: "page",
    what: "a page that unpacks to 300 MB",
    behave: bombOf("<html>").then(zipped),
    ends: "200, 65536 characters",
  },
];

test.each(cases)(
  "requests that meet $what from $client take less than 200 MB of memory and all end in the same expected way",
  async ({ client, what, behave, ends, times = 8, timeoutMs = 5_000 }) => {
    await using server = await badServer(await behave);
    const begun = performance.now();
    const { stdout } = await run(process.execPath, [
      "--disable-warning=DEP0169",
      child,
      client,
      server.url,
      `${times}`,
      `${timeoutMs}`,
    ]);
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    const report = JSON.parse(stdout) as MemoryReport;

    figure(
      `${what} from ${client}, ${times} at once: ${Math.round(report.peakMiB)} MiB at most, ${server.requests()} requests, ${seconds} s`,
    );
    expect(
      report.ends.filter((end) => (typeof ends === "string" ? end !== ends : !ends.test(end))),
    ).toEqual([]);
    expect(report.peakMiB).toBeLessThan(MOST_MIB);
  },
  TIMEOUT_MS,
);
