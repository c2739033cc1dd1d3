import { probe } from "../../../test/sandbox/edge/probe.ts";
import { hasReached, type RunningDemo, teamHost } from "../context.ts";
import { HOOK, heard } from "../image.ts";
import type { Open } from "../launch.ts";
import { heading } from "../visitor.ts";

/** Begins with the open prefix but leads out of it. */
const SLY = `${HOOK}..%2f`;

/** A machine calls the one path that the labels leave open. */
export async function webhookComes(
  { output, setup }: RunningDemo,
  { host, url, hostname }: Open,
): Promise<void> {
  output.chapter("A webhook arrives");
  const ask = (path: string) => probe(setup.sandbox.edge.port, host, path);
  output.command(`curl ${new URL(HOOK, url).href}`);
  output.blank();
  const hook = await ask(HOOK);
  const before = setup.seen.length;
  const [front, sly] = [await ask("/"), await ask(SLY)];
  output.pairs([
    [HOOK, `${hook.status} “${hook.body.trim()}”`],
    ["/", `${front.status} → ${teamHost(setup)}`],
    [SLY, `${sly.status} “${heading({ html: sly.body })}”: a container might read it as /`],
  ]);
  output.blank();
  output.check(
    hook.status === 200 && hook.body.trim() === heard(hostname),
    "the webhook path needs no login",
  );
  const shut =
    front.status === 302 && sly.status === 403 && !hasReached(setup.seen.slice(before), host);
  output.check(
    shut,
    "every other path needs one: the other two requests did not reach the container, not even the one that begins with /hooks",
  );
}
