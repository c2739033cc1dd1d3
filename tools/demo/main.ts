/** `npm run demo`: the life of two containers with cfauth, on this machine, told as it happens and checked as it is told. */
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
import { createPaper, type Paper, seconds } from "./paper.ts";
import { Unreachable } from "./reach.ts";
import { setStage } from "./stage.ts";
import { lastWords, type Telling } from "./telling.ts";

const HELP = `npm run demo                what cfauth does for a container, from its start to its end; then it stays up for your browser
npm run demo -- --once      the same without the last part: ends by itself, 0 if all was as told, 1 if not
npm run demo -- --help

It needs Node and a Docker engine on this machine, and no account: Cloudflare and Authentik are played by a sandbox.
It makes a network, an image and a few containers, and takes all of them away again, also when it is interrupted.
Colours only on a terminal, and not with NO_COLOR.
`;

/** A second signal sooner than this is the first once more: npm passes Ctrl-C on to who has had it from the terminal. */
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
  const paper = createPaper({
    write: (text) => void process.stdout.write(text),
    colour: colourful(),
    columns: process.stdout.columns ?? 92,
  });
  const stop = stopping(paper);
  paper.title("cfauth, step by step");
  const engine = await ensureEngine();
  try {
    return await perform(paper, stop, asked.once);
  } finally {
    await engine.stop();
  }
}

/** @returns the exit code */
async function perform(paper: Paper, stop: AbortSignal, once: boolean): Promise<number> {
  const begun = performance.now();
  const left = new AsyncDisposableStack();
  let toldAll = false;
  try {
    toldAll = await tell(paper, stop, once, left);
  } catch (error) {
    if (!stop.aborted)
      paper.fault(messageOf(error), error instanceof Unreachable ? error.todo : []);
  }
  paper.blank();
  await left
    .disposeAsync()
    .catch((error: unknown) =>
      paper.fault(`Not everything could be taken away: ${messageOf(error)}`),
    );
  paper.check(
    await nothingLeft().catch(() => false),
    "containers, network, image and processes of the demo are gone",
  );
  if (paper.faults() === 0 && once && toldAll)
    paper.check(true, `all of it was as told, in ${seconds(performance.now() - begun)}`);
  paper.blank();
  if (paper.faults() > 0) return 1;
  return toldAll ? 0 : 128 + SIGNAL_NUMBERS[stop.reason as Signal];
}

/** @returns whether the story came to its end */
async function tell(
  paper: Paper,
  signal: AbortSignal,
  once: boolean,
  left: AsyncDisposableStack,
): Promise<boolean> {
  const telling: Telling = { paper, signal, stage: await setStage(left, signal) };
  opening(telling);
  const running = await starts(telling, left);
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
    const words = signal.aborted ? undefined : lastWords(running);
    throw words === undefined
      ? error
      : new Error(`${messageOf(error)} What cfauth last complained of: ${words}`, { cause: error });
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

/** The first signal ends the demo in order, the second one at once: what is left then goes at the start of the next demo. */
function stopping(paper: Paper): AbortSignal {
  const stop = new AbortController();
  let since = 0;
  const told = (signal: Signal): void => {
    if (!stop.signal.aborted) {
      since = performance.now();
      paper.blank();
      return stop.abort(signal);
    }
    if (performance.now() - since > SAME_MS) process.exit(128 + SIGNAL_NUMBERS[signal]);
  };
  for (const signal of Object.keys(SIGNAL_NUMBERS) as Signal[])
    process.on(signal, () => told(signal));
  // Nobody reads on, as behind `| head`.
  process.stdout.on("error", () => stop.abort("SIGHUP" satisfies Signal));
  return stop.signal;
}

/** Processes need no look: that the daemon has ended was waited for. */
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

const colourful = (): boolean =>
  process.stdout.isTTY === true && !process.env["NO_COLOR"] && process.env["TERM"] !== "dumb";

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);

process.exit(await main(process.argv.slice(2)));
