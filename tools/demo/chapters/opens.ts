import { countCalls, didExactly, type RunningDemo } from "../context.ts";
import { OWNER } from "../daemon.ts";
import type { Rule } from "../journal-entry.ts";
import { launch, type Open } from "../launch.ts";
import { seconds } from "../output.ts";

/** A container starts, and its hostname opens. */
export async function opens(running: RunningDemo): Promise<Open> {
  const { output, journal } = running;
  output.chapter("A container starts, with one label");
  const open = await launch(running, {
    name: "whoami",
    text: "cfauth works from the inside out, so that the page is never open without a login:",
  });
  output.blank();
  const ordered = await didExactly(running, [
    "Access policy",
    "Access application",
    "ingress rule",
    "DNS record",
    "tile",
  ]);
  output.check(
    ordered,
    `open ${seconds(open.ms)} after the start of the container, with ${countCalls(journal)}`,
  );
  const { nothing, login, other } = open.counts;
  output.check(
    login > 0 && other === 0,
    `${nothing + login + other} requests arrived meanwhile: ${nothing} found nothing yet and ${login} found the login, so nobody reached the container`,
  );
  output.check(
    checkedTwice(running, open),
    "the tunnel checks again: it admits only people who have logged in to this application",
  );
  output.check(
    true,
    `the first protected page took one command and ${seconds(performance.now())} since the start of the demo`,
  );
  return open;
}

/** Whether cloudflared requires a token of exactly this hostname's application. The only other audience is cfauth's mark. */
function checkedTwice({ setup: { sandbox } }: RunningDemo, { host }: Open): boolean {
  const { apps, configurations } = sandbox.cloudflare.state;
  const application = [...apps.values()].find(({ domain }) => domain === host);
  const rules = [...configurations.values()].flatMap(
    ({ config }) => config.ingress as readonly Rule[],
  );
  const access = rules.find(({ hostname }) => hostname === host)?.originRequest?.access;
  return (
    application !== undefined &&
    access?.required === true &&
    access.audTag?.join() === [application.aud, `cfauth:${OWNER}`].join()
  );
}
