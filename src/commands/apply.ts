import { createApp } from "../app.ts";
import { createDocker } from "../clients/docker.ts";
import type { Config } from "../config.ts";
import { spoken } from "../domain/duration.ts";
import type { Problem } from "../domain/problem.ts";
import { WorldError } from "../errors.ts";
import type { AnyChange } from "../kinds/index.ts";
import type { Outcome } from "../loop/loop.ts";
import { taken } from "../plan/rung.ts";
import { createDockerSource } from "../sources/index.ts";
import { type Command, withConfig } from "./command.ts";

export const applyCommand: Command = {
  name: "apply",
  usage: "",
  summary: "one convergence, then it ends",
  help: "Does what the daemon would do now, shows each step as it is done, and ends. Nothing is asked.\n\nExit code: 0 done, 1 something failed, 78 faulty settings.",
  options: {},
  run: (context) => withConfig(context, (config) => apply(config, (line) => context.out.write(`${line}\n`), context.stop)),
};

/** Passes that fail before it gives up; each is a second or more after the one before. */
const TRIES = 4;

const SIGNS: Readonly<Record<AnyChange["action"], string>> = { create: "+", update: "~", delete: "-" };

/** One convergence, told as it happens. @returns 0 when all that can be done is done, 1 when something failed */
export async function apply(config: Config, say: (line: string) => void, stop: AbortSignal): Promise<0 | 1> {
  let last: Outcome | undefined;
  try {
    const app = await createApp({
      config,
      source: createDockerSource({ docker: createDocker(config.docker), log: { debug: () => {} } }),
      signal: stop,
      onCall: () => {},
      watch: {
        planned: () => {},
        changed: (change, error) =>
          say(
            `${error === undefined ? "✓" : "✗"} ${SIGNS[change.action]} ${change.kind.padEnd(7)} ${change.subject}${tookOver(change)}${error === undefined ? "" : `\n    ${error.message}\n    → ${error.fix}`}`,
          ),
        passed: (outcome) => {
          last = outcome;
        },
      },
    });
    for (let tries = 0; tries < TRIES && !stop.aborted; tries++) {
      const again = await app.loop.turn();
      if (last?.result === "settled") break;
      if (tries < TRIES - 1) await new Promise((over) => setTimeout(over, Math.min(again, 10_000)));
    }
  } catch (error) {
    if (!(error instanceof WorldError)) throw error;
    say(`✗ ${error.message}  ${error.code}\n    → ${error.fix}`);
    return 1;
  }
  for (const line of told(last)) say(line);
  return last?.result === "settled" ? 0 : 1;
}

function told(outcome: Outcome | undefined): readonly string[] {
  if (outcome?.end === undefined) return (outcome?.errors ?? []).map((error) => `✗ ${error.message}  ${error.code}\n    → ${error.fix}`);
  const { plan, decision } = outcome.end;
  const closing = [...decision.desired.closing].map(
    ([key, until]) => `… ${key}  its container is gone; the daemon closes it in ${spoken(until - outcome.at)}`,
  );
  const waiting = plan.waiting.map(({ route, reason }) => `… ${route}  waiting for ${reason}`);
  const count = `${plan.live.length} live, ${plan.waiting.length} waiting, ${plan.problems.length} ${plan.problems.length === 1 ? "problem" : "problems"}.`;
  return [...closing, ...waiting, ...plan.problems.map(spelled), count];
}

function tookOver(change: AnyChange): string {
  const took = taken(change);
  return took === undefined ? "" : `  took over ${took}`;
}

const spelled = ({ code, container, label, message, fix }: Problem): string =>
  `! ${[container, label].filter((it) => it !== undefined).join(" · ")}  ${message}  ${code}\n    → ${fix}`;
