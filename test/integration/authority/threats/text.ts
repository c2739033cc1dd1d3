/** User text cannot forge output (T21). */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "vitest";
import { run } from "../../../../src/cli/commands/run.ts";
import { readConfig } from "../../../../src/config/config.ts";
import { createLog } from "../../../../src/log/log.ts";
import { startSandbox } from "../../../sandbox/index.ts";
import { until } from "../../../support/until.ts";
import { listed } from "../../../unit/sources/docker/listed.ts";
import { home } from "../../app/daemon.ts";
import { visitor } from "../../app/visitor.ts";
import { fakeEngine } from "../../sources/docker/engine.ts";
import { each, type Row } from "./row.ts";

/** A notification target that keeps the bodies. */
async function receiver() {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    void request.toArray().then((chunks) => {
      bodies.push(Buffer.concat(chunks as Buffer[]).toString());
      response.end();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    bodies,
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

/** All outputs of a daemon about two containers with these labels and a valid one: log, page, JSON, metrics, notifications. */
async function written(
  labels: Readonly<Record<string, string>>,
  notified: string,
): Promise<readonly string[]> {
  await using sandbox = await startSandbox();
  await using engine = await fakeEngine();
  await using receiving = await receiver();
  const image = { Config: { Labels: null } };
  const good = { "cfauth.good.hostname": `good.${sandbox.zone}`, "cfauth.good.port": "80" };
  const all = [
    { Id: "1".repeat(64), Names: ["/p-web-1"], Labels: labels },
    { Id: "2".repeat(64), Names: ["/p-web-2"], Labels: labels },
    { Id: "3".repeat(64), Names: ["/good"], Labels: good },
  ];
  const containers = all.map((it) => ({ ...listed(it), ImageID: `sha256:${"1".repeat(64)}` }));
  engine.on("/containers/json", (_request, response) => response.end(JSON.stringify(containers)));
  engine.on(`/images/sha256:${"1".repeat(64)}/json`, (_request, response) =>
    response.end(JSON.stringify(image)),
  );
  const read = readConfig(
    {
      ...sandbox.environment,
      CFAUTH_OWNER: "app",
      CFAUTH_LISTEN: "127.0.0.1:0",
      CFAUTH_RESYNC_INTERVAL: "1s",
      CFAUTH_NOTIFY_URL: receiving.url,
      DOCKER_HOST: `unix://${engine.path}`,
    },
    () => "",
  );
  if (!read.ok) throw new Error(JSON.stringify(read.faults));
  const logged: string[] = [];
  const stop = new AbortController();
  const log = createLog({
    level: "info",
    format: "json",
    secrets: read.config.secrets,
    stream: { write: (line) => void logged.push(line) },
  });
  const over = run(read.config, log, stop.signal);
  const started = () =>
    /"port":(\d+).*"msg":"started"|"msg":"started".*"port":(\d+)/.exec(logged.join(""));
  await until(() => started() !== null, "its page is open");
  const [, one, other] = started() ?? [];
  const url = `http://127.0.0.1:${one ?? other}`;
  const get = async (path: string): Promise<string> => (await fetch(url + path)).text();
  await until(
    async () => (await get("/api/routes")).includes('"code"'),
    "the problem is on the page",
  );
  await until(
    () => receiving.bodies.some((body) => body.includes(`${notified}.${sandbox.zone}`)),
    "a notification about an opened route arrives",
  );
  const pages = await Promise.all(["/", "/api/routes", "/metrics"].map(get));
  stop.abort();
  expect(await over).toBe(0);
  return [logged.join(""), ...pages, ...receiving.bodies];
}

/** Characters that control a terminal, reverse text or end a line for some reader, except the output's own line feed. */
const STEERING =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/u;

/** The outputs, by number, in which a character of the text takes effect or a line of it begins. */
const acting = (outputs: readonly string[]): readonly string[] =>
  outputs.flatMap((text) => [
    ...(STEERING.test(text) ? [`steered: ${JSON.stringify(STEERING.exec(text)?.[0])}`] : []),
    ...text.split("\n").filter((line) => line.trimStart().startsWith("FORGED")),
  ]);

const LABELS: readonly {
  readonly input: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly notified?: string;
}[] = [
  {
    input: "line breaks in the name of a service",
    labels: {
      "com.docker.compose.project": "p",
      "com.docker.compose.service": "web\n\nFORGED: all is well\r\nFORGED\u2028FORGED\u0085FORGED",
      "cfauth.hostname": "app.home.localhost",
      "cfauth.sound.hostname": "sound.home.localhost",
      "cfauth.sound.port": "80",
    },
    notified: "sound",
  },
  {
    input: "C1 and bidi characters in a group",
    labels: {
      "cfauth.hostname": "app.home.localhost",
      "cfauth.port": "80",
      "cfauth.access.groups": "a\u009b31mb\u202ec\u2066d\u061ce",
    },
  },
  {
    input: "escape sequences in the name of a label",
    labels: {
      "cfauth.hostname": "app.home.localhost",
      "cfauth.port": "80",
      "cfauth.\u001b]0;x\u0007\nFORGED": "1",
    },
  },
  {
    input: "line breaks in a hostname",
    labels: { "cfauth.hostname": "app\nFORGED\u2029FORGED.home.localhost", "cfauth.port": "80" },
  },
];

const forging: readonly Row[] = each(
  LABELS,
  ({ input, labels, notified = "good" }): Row => ({
    threat: "T21",
    input: `${input}, in every output of the daemon`,
    outcome: async () => acting(await written(labels, notified)),
    right: [],
  }),
);

/** Names of tiles that look like a mark of cfauth. */
const MARKS = [
  "Wiki · ending old logins",
  "Wiki · ending old logins · ending old logins",
  "cfauth:app",
  "Wiki #0123abcd",
  "Authentik (cf-tunnel-access) #0123abcd",
];

const imitating: readonly Row[] = each(
  MARKS,
  (name): Row => ({
    threat: "T21",
    input: `a tile called ${JSON.stringify(name)}`,
    outcome: async () => {
      await using at = await home();
      await at.run("wiki", { "app.name": name });
      await at.settle();
      const alice = visitor(at.sandbox, "alice");
      await alice.open(at.host("wiki"));
      at.sandbox.controls.clear();
      await at.resync();
      await at.resync();
      return [at.sandbox.controls.writes().length, await alice.still(at.host("wiki"))];
    },
    right: [0, "this is wiki: /"],
  }),
);

export const TEXT_ROWS = [...forging, ...imitating];
