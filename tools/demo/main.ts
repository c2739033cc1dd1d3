/** `npm run demo`: shows what cfauth does for two containers on this machine, and checks each statement. */
import { parseArgs } from "node:util";
import { docker, LABEL, RUN_ID } from "../../test/e2e/docker/run.ts";
import { ensureEngine } from "../ci/engine.ts";
import { aliceComes } from "./chapters/alice.ts";
import { familyOpens, onlyFamilyEnters } from "./chapters/family.ts";
import { webhookComes } from "./chapters/hook.ts";
import { libraryOpens } from "./chapters/library.ts";
import { opens } from "./chapters/opens.ts";
import { opening, prepares, starts } from "./chapters/start.ts";
import { stops } from "./chapters/stops.ts";
import { strangerComes } from "./chapters/stranger.ts";
import { yourTurn } from "./chapters/turn.ts";
import { type DemoContext, lastWarning } from "./context.ts";
import { createOutput, type Output, seconds } from "./output.ts";
import { Unreachable } from "./reach.ts";
import { setUp } from "./setup.ts";

const HELP = `npm run demo                shows what cfauth does for a container, from start to stop; then stays up for your browser
npm run demo -- --once      the same without the last part; exits with 0 if every check passed, else with 1
npm run demo -- --help

It needs Node and a Docker engine on this machine, but no account: a sandbox simulates Cloudflare and Authentik.
It creates a network, an image and a few containers, and removes them all at the end, even if it is interrupted.
Output is coloured on a terminal unless NO_COLOR is set.
`;

/** A second signal within this time is the first one again: npm forwards a Ctrl-C that the terminal has already sent. */
const SAME_MS = 500;

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const;
type Signal = keyof typeof SIGNAL_NUMBERS;

async function main(argv: readonly string[]): Promise<number> {
  const asked = read(argv);
  if (typeof asked === "string") {
    process.stderr.write(`${asked}\n\n${HELP}`);
    return 64;
  }
  if (asked.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const output = createOutput({
    write: (text) => void process.stdout.write(text),
    colour: usesColour(),
    columns: process.stdout.columns ?? 92,
  });
  const stop = stopSignal(output);
  output.title("cfauth, step by step");
  const engine = await ensureEngine();
  try {
    return await runDemo(output, stop, asked.once);
  } finally {
    await engine.stop();
  }
}

/** @returns the exit code */
async function runDemo(output: Output, stop: AbortSignal, once: boolean): Promise<number> {
  const begun = performance.now();
  const left = new AsyncDisposableStack();
  let finished = false;
  try {
    finished = await tell(output, stop, once, left);
  } catch (error) {
    if (!stop.aborted)
      output.fault(messageOf(error), error instanceof Unreachable ? error.todo : []);
  }
  output.blank();
  await left
    .disposeAsync()
    .catch((error: unknown) =>
      output.fault(`The demo could not remove everything: ${messageOf(error)}`),
    );
  output.check(
    await nothingLeft().catch(() => false),
    "the demo's containers, network, image and processes are removed",
  );
  if (output.faults() === 0 && once && finished)
    output.check(true, `every check passed, in ${seconds(performance.now() - begun)}`);
  output.blank();
  if (output.faults() > 0) return 1;
  return finished ? 0 : 128 + SIGNAL_NUMBERS[stop.reason as Signal];
}

/** @returns whether the demo ran to its end */
async function tell(
  output: Output,
  signal: AbortSignal,
  once: boolean,
  left: AsyncDisposableStack,
): Promise<boolean> {
  const context: DemoContext = { output, signal, setup: await setUp(left, signal) };
  opening(context);
  const running = await starts(context, left);
  try {
    await prepares(running);
    const open = await opens(running);
    await strangerComes(running, open);
    const alice = await aliceComes(running, open);
    const family = await familyOpens(running);
    await onlyFamilyEnters(running, family, alice);
    await webhookComes(running, family);
    await libraryOpens(running);
    await stops(running, [open, family]);
    if (!once) await yourTurn(running);
    return true;
  } catch (error) {
    const words = signal.aborted ? undefined : lastWarning(running);
    throw words === undefined
      ? error
      : new Error(`${messageOf(error)} cfauth's last warning: ${words}`, { cause: error });
  }
}

function read(
  argv: readonly string[],
): { readonly help: boolean; readonly once: boolean } | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { help: { type: "boolean", short: "h" }, once: { type: "boolean" } },
    });
    return { help: values.help ?? false, once: values.once ?? false };
  } catch (error) {
    return messageOf(error);
  }
}

/** The first signal ends the demo cleanly, the second one at once. The next demo removes what is left then. */
function stopSignal(output: Output): AbortSignal {
  const stop = new AbortController();
  let since = 0;
  const told = (signal: Signal): void => {
    if (!stop.signal.aborted) {
      since = performance.now();
      output.blank();
      return stop.abort(signal);
    }
    if (performance.now() - since > SAME_MS) process.exit(128 + SIGNAL_NUMBERS[signal]);
  };
  for (const signal of Object.keys(SIGNAL_NUMBERS) as Signal[])
    process.on(signal, () => told(signal));
  // Nobody reads the output any more, for example behind `| head`.
  process.stdout.on("error", () => stop.abort("SIGHUP" satisfies Signal));
  return stop.signal;
}

/** Does not look for processes, because the daemon has already exited. */
async function nothingLeft(): Promise<boolean> {
  const engine = await docker();
  const filters = { label: [`${LABEL.run}=${RUN_ID}`] };
  const [containers, networks, images] = await Promise.all([
    engine.listContainers({ all: true, filters }),
    engine.listNetworks({ filters }),
    engine.listImages({ filters }),
  ]);
  return containers.length + networks.length + images.length === 0;
}

const usesColour = (): boolean =>
  process.stdout.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

process.exit(await main(process.argv.slice(2)));
