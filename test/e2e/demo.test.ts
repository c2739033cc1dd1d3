/** `npm run demo`, as a person runs it. */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { until } from "./daemon.ts";
import { docker, LABEL } from "./docker/run.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** Long enough for a machine that also runs other tests. */
const PATIENCE_MS = 300_000;

interface Shown {
  readonly child: ChildProcess;
  /** Everything that it has printed so far. */
  readonly text: () => string;
  readonly over: Promise<number | null>;
}

function demo(...args: readonly string[]): Shown {
  const child = spawn(process.execPath, ["tools/demo/main.ts", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      text += chunk.toString("utf8");
    });
  }
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, text: () => text, over: new Promise((over) => child.once("close", over)) };
}

const shows = (shown: Shown, sentence: string): Promise<unknown> =>
  until(sentence, () => shown.text().includes(sentence), PATIENCE_MS);

/** The containers, networks and images that the demo of this process created. */
async function leftBy({ child }: Shown): Promise<readonly string[]> {
  const engine = await docker();
  const filters = { label: [`${LABEL.pid}=${child.pid}`] };
  const [containers, networks, images] = await Promise.all([
    engine.listContainers({ all: true, filters }),
    engine.listNetworks({ filters }),
    engine.listImages({ filters }),
  ]);
  return [
    ...containers.flatMap(({ Names }) => Names),
    ...networks.map(({ Name }) => Name),
    ...images.flatMap(({ RepoTags }) => RepoTags ?? []),
  ];
}

/** The text without line breaks and indentation, which depend on the terminal's width. */
const flat = (text: string): string => text.replace(/\s+/g, " ");

test("the demo shows the whole story, passes its own checks, and leaves nothing behind", {
  timeout: PATIENCE_MS,
}, async () => {
  const shown = demo("--once");
  expect({ code: await shown.over, text: shown.text() }).toMatchObject({ code: 0 });
  const text = flat(shown.text());
  for (const sentence of [
    "+ Authentik login provider cf-tunnel-access",
    "+ Cloudflare login method Authentik (cf-tunnel-access)",
    "--label cfauth.hostname=whoami.home.localhost cfauth-demo",
    "nobody reached the container",
    "302 → home.cloudflareaccess.localhost (Cloudflare Access)",
    "✓ the stranger is sent to the login",
    "✓ this is the container's own page",
    "tile Photos only for family",
    "bob not in it 403 “That account does not have access”",
    "✓ Bob has an account too, but Cloudflare turned him away",
    "/hooks/..%2f 403 “Forbidden”",
    "alice Photos, Whoami bob Whoami",
    "- Authentik tile Photos",
    "530 “1016 Origin DNS error”",
    "✓ foreign objects are untouched",
    "✓ the demo's containers, network, image and processes are removed",
    "✓ every check passed",
  ]) {
    expect(text).toContain(sentence);
  }
  expect(text).not.toContain("✗");
  expect(await leftBy(shown)).toEqual([]);
  // Tokens, client secrets and keys are long words; the demo's output has none.
  expect(text).not.toMatch(/[A-Za-z0-9+/_]{32}/);
  expect(text).not.toMatch(/sandbox-(authentik-)?token/);
  // No colours without a terminal.
  expect(text).not.toContain("\u001b");
});

test("the demo stays up for a browser until it is stopped, on another port if its own is taken", {
  timeout: PATIENCE_MS,
}, async () => {
  const taken = createServer().listen(8787, "127.0.0.1");
  taken.on("error", () => {});
  onTestFinished(() => void taken.close());
  const shown = demo();
  await shows(shown, "Ctrl-C ends the demo");
  expect(shown.text()).toMatch(/open +http:\/\/whoami\.home\.localhost:(?!8787)\d+\//);
  expect((await leftBy(shown)).length).toBeGreaterThan(0);
  shown.child.kill("SIGTERM");
  expect(await shown.over).toBe(0);
  expect(await leftBy(shown)).toEqual([]);
});

test("an interrupted demo removes what it has created", {
  timeout: PATIENCE_MS,
}, async () => {
  const shown = demo();
  await shows(shown, "2  A container starts");
  shown.child.kill("SIGINT");
  expect(await shown.over).toBe(130);
  expect(shown.text()).not.toContain("✗");
  expect(await leftBy(shown)).toEqual([]);
});

test("the demo prints its help and rejects other arguments", async () => {
  const help = demo("--help");
  expect({ code: await help.over, text: help.text() }).toMatchObject({
    code: 0,
    text: expect.stringContaining("--once"),
  });
  const wrong = demo("--onc");
  expect({ code: await wrong.over, text: wrong.text() }).toMatchObject({
    code: 64,
    text: expect.stringContaining("--once"),
  });
});
