import { probe } from "../../../test/sandbox/edge/probe.ts";
import { HOOK, heard } from "../image.ts";
import type { Open } from "../launch.ts";
import { type Running, reached, teamHost } from "../telling.ts";
import { heading } from "../visitor.ts";

/** Begins like it, and yet leads out of it. */
const SLY = `${HOOK}..%2f`;

/** A machine calls the one path that its labels leave open. */
export async function webhookComes(
  { paper, stage }: Running,
  { host, url, hostname }: Open,
): Promise<void> {
  paper.chapter("A webhook comes");
  const ask = (path: string) => probe(stage.sandbox.edge.port, host, path);
  paper.command(`curl ${new URL(HOOK, url).href}`);
  paper.blank();
  const hook = await ask(HOOK);
  const before = stage.seen.length;
  const [front, sly] = [await ask("/"), await ask(SLY)];
  paper.pairs([
    [HOOK, `${hook.status} “${hook.body.trim()}”`],
    ["/", `${front.status} → ${teamHost(stage)}`],
    [SLY, `${sly.status} “${heading({ html: sly.body })}”: a container might take it for /`],
  ]);
  paper.blank();
  paper.check(
    hook.status === 200 && hook.body.trim() === heard(hostname),
    "it needs no login there",
  );
  const shut =
    front.status === 302 && sly.status === 403 && !reached(stage.seen.slice(before), host);
  paper.check(
    shut,
    "and there alone: the container heard nothing of the others, nor of the one that only begins like it",
  );
}
